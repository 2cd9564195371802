import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { foldersIn } from "./files.mjs";
import { inRoot } from "./places.mjs";

const BIN = inRoot("node_modules", ".bin");

/**
 * Makes `npx switchyardctl` and the other commands work in the repository. npm links commands when it installs, and
 * leaves out those that are not built yet; the compiler does not mark what it writes as executable.
 */
export async function linkCommands() {
  await mkdir(BIN, { recursive: true });
  for (const name of await foldersIn("packages")) {
    const { bin = {} } = JSON.parse(await readFile(inRoot("packages", name, "package.json"), "utf8"));
    for (const [command, file] of Object.entries(bin)) await link(command, inRoot("packages", name, file));
  }
}

async function link(command, file) {
  if (!existsSync(file)) return;
  const target = path.relative(BIN, file);
  if (process.platform === "win32") {
    await writeFile(path.join(BIN, `${command}.cmd`), `@node "%~dp0\\${target}" %*\r\n`);
    return;
  }
  await chmod(file, 0o755);
  await rm(path.join(BIN, command), { force: true });
  await symlink(target, path.join(BIN, command));
}
