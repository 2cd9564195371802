import JSZip from "jszip";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { readLuaModule, type LuaModule } from "../saves/lua-module.js";

export const EVENT_HANDLER_SCRIPT =
  'local handler = require("event_handler")\nhandler.add_lib({ events = {} })\n';

/** A small save around this control.lua; `extra` files are below the root folder. */
export async function writeTestSave(
  path: string,
  control: string | undefined,
  extra: Record<string, string | Buffer> = {},
): Promise<void> {
  const zip = new JSZip();
  if (control !== undefined) zip.file("world/control.lua", control);
  const header = Buffer.from("0200000037000000000008667265657", "hex");
  zip.file("world/level.dat0", deflateSync(Buffer.concat([header, Buffer.alloc(1000, 7)])), {
    compression: "STORE",
  });
  zip.file("world/level.datmetadata", Buffer.alloc(8));
  for (const [name, content] of Object.entries(extra)) zip.file(`world/${name}`, content);
  await writeFile(path, await zip.generateAsync({ type: "nodebuffer", compression: "DEFLATE" }));
}

export interface TestModule {
  version?: string;
  load?: string[];
  require?: string[];
  dependencies?: Record<string, string>;
  files: Record<string, string>;
}

export async function writeTestModule(parent: string, name: string, module: TestModule): Promise<LuaModule> {
  const { files, version = "1.0.0", ...rest } = module;
  const directory = join(parent, name);
  const all = { ...files, "module.json": JSON.stringify({ name, version, ...rest }) };
  for (const [file, text] of Object.entries(all)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
  }
  return readLuaModule(directory);
}
