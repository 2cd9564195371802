import { ZipReader } from "../zip/zip-reader.js";
import { inflateStart, parseLevelHeader, type LevelHeader } from "./level-header.js";
import type { SaveInfo } from "./save-info.js";
import { readLayout } from "./save-layout.js";

const HEADER_BYTES = 32 * 1024;

/**
 * What a save holds, without loading it. Version, scenario and mods come from the map itself (level.dat0); level-init.dat, the
 * state at tick 0, is only asked where there is none, since it keeps the version the map was made with. Refuses with save-*.
 */
export async function inspectSave(path: string): Promise<SaveInfo> {
  const zip = await ZipReader.open(path);
  try {
    const layout = await readLayout(zip);
    const header = await readHeader(zip, layout.root);
    const modules = layout.patchedBy === "clusterio" ? layout.clusterio?.modules : layout.manifest?.modules;
    return {
      rootFolder: layout.root,
      sizeBytes: zip.sizeBytes,
      ...(header ? { version: header.version, scenario: header.scenario } : {}),
      ...(header?.mods ? { mods: header.mods } : {}),
      modsKnown: header?.mods !== undefined,
      script: layout.patchedBy === "none" ? layout.scenario.kind : layout.patchedBy,
      modules: (layout.patchedBy === "none" ? [] : (modules ?? [])).map(({ name, version }) => ({
        name,
        version,
      })),
      entries: zip.entries.length,
    };
  } finally {
    await zip.close();
  }
}

async function readHeader(zip: ZipReader, root: string): Promise<LevelHeader | undefined> {
  const level = zip.entry(`${root}/level.dat0`);
  const inflated = level && inflateStart(await zip.readStart(level, HEADER_BYTES));
  const header = inflated && parseLevelHeader(inflated);
  if (header) return header;
  const init = zip.entry(`${root}/level-init.dat`);
  return init && parseLevelHeader(await zip.readStart(init, HEADER_BYTES));
}
