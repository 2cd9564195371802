import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Personality } from "../server/personality.js";
import { readEntry } from "../zip/zip-entry.js";
import type { SaveFile } from "../saves/save-file.js";

export interface LuaSource {
  source: Uint8Array;
  chunkName: string;
}

/** The simulator's own Lua: `lualib/*.lua` stands for the core library, `lualib/base/` for the base mod's scripts. */
const LUALIB = fileURLToPath(new URL("../../lualib/", import.meta.url));

/**
 * Finds what `require` names: files of the save by their path, the core library by bare name, and
 * `__base__/...`, `__core__/lualib/...`, `__level__/...` (facts §6.4).
 */
export class ModuleResolver {
  /** `require` works only while control.lua is being read. */
  isOpen = false;
  private readonly levelFolder: string;

  constructor(
    private readonly save: Pick<SaveFile, "entries">,
    personality: Personality,
    writeData: string,
  ) {
    this.levelFolder = personality.isTwo ? "__level__" : join(writeData, "temp", "currently-playing");
  }

  /**
   * The one name of a module, so that it is loaded once however it is called: the save's root first, then beside
   * the calling file, then the core library. Unknown names stay as they are.
   */
  locate(callerSource: string, name: string): string {
    const path = pathOf(name);
    if (path.startsWith("__") || this.save.entries.has(`${path}.lua`)) return path;
    const folder = this.folderOf(callerSource);
    if (folder !== undefined && this.save.entries.has(`${folder}${path}.lua`)) return `${folder}${path}`;
    return path;
  }

  resolve(name: string): LuaSource | undefined {
    const path = `${pathOf(name)}.lua`;
    if (path.split("/").includes("..")) return undefined;
    const prefix = /^__([\w-]+)__\/(.*)$/.exec(path);
    const rest = prefix?.[2] ?? path;
    switch (prefix?.[1]) {
      case undefined:
        return this.ofSave(path) ?? ofLibrary(path, `__core__/lualib/${path}`);
      case "level":
        return this.ofSave(rest);
      case "core":
        return ofLibrary(rest.replace(/^lualib\//, ""), path);
      case "base":
        return ofLibrary(join("base", rest), path);
      default:
        return undefined;
    }
  }

  /** The level's own control.lua. */
  control(): LuaSource | undefined {
    return this.ofSave("control.lua");
  }

  /** Folder of a file of the level, relative to the save's root, with its slash; undefined for other chunks. */
  private folderOf(source: string): string | undefined {
    const root = `@${this.levelFolder}/`;
    if (!source.startsWith(root)) return undefined;
    const path = source.slice(root.length);
    return path.slice(0, path.lastIndexOf("/") + 1);
  }

  private ofSave(path: string): LuaSource | undefined {
    const entry = this.save.entries.get(path);
    return entry && { source: readEntry(entry), chunkName: `@${this.levelFolder}/${path}` };
  }
}

/** A file of the simulator's own that every script gets, outside of `require`. */
export function readInternal(name: string): LuaSource {
  return { source: readFileSync(join(LUALIB, "internal", name)), chunkName: "=[C]" };
}

function ofLibrary(path: string, chunkPath: string): LuaSource | undefined {
  const file = join(LUALIB, path);
  return existsSync(file) ? { source: readFileSync(file), chunkName: `@${chunkPath}` } : undefined;
}

/** `a.b.c`, `a/b/c` and `a/b/c.lua` are the same file. */
function pathOf(name: string): string {
  return name.replace(/\.lua$/, "").replaceAll(".", "/");
}
