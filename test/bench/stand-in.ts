import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FactorioServer } from "@switchyard/factorio";
import { freePort, temporaryDirectory } from "@switchyard/test-kit";
import { installStandIn } from "./stand-in-install.js";

/** A running stand-in under Switchyard's own server process class, with a journal where hosts use one. */
export async function startStandIn(): Promise<{ server: FactorioServer; directory: string }> {
  const directory = await temporaryDirectory();
  const install = await installStandIn(join(directory, "install"));
  const writeDirectory = join(directory, "write");
  await mkdir(join(writeDirectory, "script-output"), { recursive: true });
  // Only has to be there: the stand-in reads no saves.
  await writeFile(join(writeDirectory, "bench.zip"), "");
  const server = new FactorioServer({
    install,
    writeDirectory,
    savePath: join(writeDirectory, "bench.zip"),
    gamePort: await freePort(),
    rconPort: await freePort(),
    rconPassword: "bench",
    ...(process.platform === "linux" ? { journal: {} } : {}),
  });
  await server.start();
  return { server, directory };
}
