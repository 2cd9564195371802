import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { AppError } from "@switchyard/protocol";
import { readConfig, writeConfig } from "./config.js";

const Settings = Type.Object({
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8480 }),
  bindAddress: Type.String({ default: "127.0.0.1" }),
  publicUrl: Type.Optional(Type.String()),
  plugins: Type.Array(Type.String(), { default: [] }),
});

describe("readConfig", () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-config-"));
    file = join(directory, "config.json");
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const environment = (variables: NodeJS.ProcessEnv) => ({
    environment: { prefix: "SWITCHYARD", variables },
  });
  const refused = (field: string, pattern: RegExp) => (error: unknown) =>
    error instanceof AppError &&
    error.code === "config-invalid" &&
    error.details["field"] === field &&
    pattern.test(error.message);

  it("fills defaults when there is no file", async () => {
    assert.deepEqual(await readConfig(Settings, { file }), {
      port: 8480,
      bindAddress: "127.0.0.1",
      plugins: [],
    });
  });

  it("takes the command line before the environment before the file", async () => {
    await writeFile(file, '{ "port": 1, "bindAddress": "::1", "publicUrl": "http://file" }');
    const config = await readConfig(Settings, {
      file,
      ...environment({ SWITCHYARD_PORT: "2", SWITCHYARD_BIND_ADDRESS: "0.0.0.0" }),
      overrides: { port: 3, publicUrl: undefined },
    });
    assert.deepEqual(config, { port: 3, bindAddress: "0.0.0.0", publicUrl: "http://file", plugins: [] });
  });

  it("reads lists from the environment, and takes an empty variable for none", async () => {
    const config = await readConfig(
      Settings,
      environment({ SWITCHYARD_PLUGINS: '["a", "b"]', SWITCHYARD_PORT: "" }),
    );
    assert.deepEqual([config.plugins, config.port], [["a", "b"], 8480]);
  });

  it("refuses with the field's name", async () => {
    await assert.rejects(readConfig(Settings, { overrides: { port: 70_000 } }), refused("port", /65535/));
    await assert.rejects(
      readConfig(Settings, environment({ SWITCHYARD_PORT: "many" })),
      refused("port", /integer/),
    );
    await writeFile(file, '{ "prot": 1 }');
    await assert.rejects(readConfig(Settings, { file }), refused(file, /prot/));
    await writeFile(file, "[1]");
    await assert.rejects(readConfig(Settings, { file }), refused(file, /one JSON object/));
    await writeFile(file, "{ nonsense");
    await assert.rejects(readConfig(Settings, { file }), refused(file, /not JSON/));
  });

  it("keeps written settings from other users", async () => {
    await writeConfig(file, { token: "secret" });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), { token: "secret" });
  });
});
