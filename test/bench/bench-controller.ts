import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, Program, temporaryDirectory } from "@switchyard/test-kit";

const CONTROLLER = join(
  fileURLToPath(import.meta.resolve("@switchyard/controller/package.json")),
  "..",
  "dist",
  "main.js",
);
const PLUGIN = fileURLToPath(new URL("./plugin/", import.meta.url));

export interface BenchController {
  url: string;
  directory: string;
  config: string;
  start(): Promise<{ program: Program; readyAfterMs: number }>;
  hostToken(name: string): Promise<{ hostId: string; token: string }>;
  userToken(): Promise<string>;
}

/** A controller's folder with its config; tokens are made before it runs. */
export async function prepareController(): Promise<BenchController> {
  const directory = await temporaryDirectory();
  const config = join(directory, "controller.json");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await writeFile(
    config,
    JSON.stringify({
      dataDirectory: join(directory, "controller"),
      port,
      plugins: [PLUGIN],
      logLevel: "warn",
    }),
  );
  const bootstrap = async (...args: string[]) => {
    const program = Program.node(CONTROLLER, ["bootstrap", ...args, "--config", config, "--output", "json"]);
    const { code } = await program.exited;
    if (code !== 0) throw new Error(program.output());
    return JSON.parse(program.output("stdout")) as { hostId: string; token: string };
  };
  return {
    url,
    directory,
    config,
    hostToken: (name) => bootstrap("create-host-token", "--name", name),
    userToken: async () => (await bootstrap("create-user-token", "--user", "admin")).token,
    start: async () => {
      const beganAt = performance.now();
      const program = Program.node(CONTROLLER, ["--config", config]);
      await answers(`${url}/healthz`, program);
      return { program, readyAfterMs: performance.now() - beganAt };
    },
  };
}

async function answers(url: string, program: Program): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  await program.end("SIGKILL");
  throw new Error(`The controller does not answer:\n${program.output()}`);
}
