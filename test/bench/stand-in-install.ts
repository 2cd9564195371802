import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findInstalls, type FactorioInstall } from "@switchyard/factorio";

const SERVER = fileURLToPath(new URL("./stand-in-server.mjs", import.meta.url));
const LAUNCHER = `#!/bin/sh\nexec "${process.execPath}" "${SERVER}" "$@"\n`;

/** A Factorio directory whose server is the stand-in; it simulates nothing, so that only Switchyard's share is measured. */
export async function installStandIn(directory: string, launcher = LAUNCHER): Promise<FactorioInstall> {
  const executable = join(directory, "bin", "x64", "factorio");
  await mkdir(join(directory, "bin", "x64"), { recursive: true });
  await mkdir(join(directory, "data", "base"), { recursive: true });
  await writeFile(executable, launcher);
  await chmod(executable, 0o755);
  await writeFile(join(directory, "data", "changelog.txt"), "Version: 2.0.77\n");
  await writeFile(join(directory, "data", "base", "info.json"), '{ "name": "base", "version": "2.0.77" }\n');
  const [install] = await findInstalls(directory);
  if (!install) throw new Error("The stand-in was not found");
  return install;
}
