import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "mocha";

/** Captures and saves of the real game lie beside the repository; they are not ours to ship. */
const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), "../../../../../shared/fixtures");

/** A script that stands for the game's executable. */
export const FAKE_SERVER = fileURLToPath(new URL("fake-server.mjs", import.meta.url));

/** The path of a fixture, or a printed reason and a skipped test where there is none. */
export function fixture(test: Context, name: string): string {
  const path = join(FIXTURES, name);
  if (existsSync(path)) return path;
  console.log(`      skipped: ${name} is not here (${FIXTURES})`);
  return test.skip();
}
