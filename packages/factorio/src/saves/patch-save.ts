import { DEFAULT_ZIP_LIMITS, type ZipEntry } from "../zip/zip-format.js";
import { crc32 } from "../zip/crc32.js";
import { ZipReader } from "../zip/zip-reader.js";
import { ZipWriter } from "../zip/zip-writer.js";
import { FactorioError } from "../errors.js";
import type { LuaModule } from "./lua-module.js";
import { planPatch, type PatchPlan } from "./patch-plan.js";
import { keepPrevious } from "./previous-save.js";
import { replaceFile } from "./replace-file.js";
import type { SaveScript } from "./save-info.js";
import { pathsBelow, readLayout, type SaveLayout } from "./save-layout.js";

export interface PatchSaveOptions {
  input: string;
  /** May be the same path as input. */
  output: string;
  /** An empty list takes everything out again. */
  modules: readonly LuaModule[];
  /**
   * For a patch in place: keeps the save as it was before as `<output>.before-patch` until `acceptPatchedSave` or `restoreSave`. A
   * kept one that the output was made from already stays, so that it is always the last save known to be good.
   */
  keepPrevious?: boolean;
  limits?: { maxEntries?: number; maxUncompressedBytes?: number };
}

export interface PatchSaveResult {
  /** False when the save holds exactly this already; the output then has the input's bytes. */
  changed: boolean;
  /** 0 when the save holds no modules any more. */
  patchNumber: number;
  /** What the save's own script is, below the patch. */
  scenario: SaveScript;
  /** Names, in load order. */
  modules: string[];
  takenOverFrom?: "clusterio";
  sizeBytes: number;
}

/**
 * Writes a copy of a save that loads these modules after its own script. Entries that are not part of the patch are copied
 * compressed, as they are. The output appears whole or not at all: a temporary file beside it is written, synced, read back
 * and only then renamed over it. Refuses with the save-* codes, module-invalid, disk-full, permission-denied, io-failed.
 */
export async function patchSave(options: PatchSaveOptions): Promise<PatchSaveResult> {
  const { input, output, modules } = options;
  const zip = await ZipReader.open(input, { ...DEFAULT_ZIP_LIMITS, ...options.limits });
  try {
    const layout = await readLayout(zip);
    const plan = await planPatch(layout, modules, {
      path: input,
      entries: pathsBelow(zip.entries, layout.root),
    });
    const changed = differs(zip, layout, plan);
    let sizeBytes = zip.sizeBytes;
    if (changed) {
      sizeBytes = await replaceFile(
        output,
        async (file) => writePatched(new ZipWriter(file), zip, { layout, plan }),
        async (temporary) => {
          await prove(temporary, layout, plan);
          if (options.keepPrevious && input === output) await keepPrevious(output, temporary);
        },
      );
    } else if (input !== output) {
      sizeBytes = await replaceFile(output, async (file) => {
        for await (const chunk of wholeFile(zip)) await file.writeFile(chunk);
      });
    }
    return {
      changed,
      patchNumber: plan.patchNumber,
      scenario: layout.scenario.kind,
      modules: plan.modules,
      ...(layout.patchedBy === "clusterio" ? { takenOverFrom: "clusterio" as const } : {}),
      sizeBytes,
    };
  } finally {
    await zip.close();
  }
}

function isSame(entry: ZipEntry | undefined, content: Buffer): boolean {
  return entry !== undefined && entry.bytes === content.length && entry.crc === crc32(content);
}

function differs(zip: ZipReader, { root }: SaveLayout, plan: PatchPlan): boolean {
  for (const [path, content] of plan.files) if (!isSame(zip.entry(`${root}/${path}`), content)) return true;
  return [...plan.removed].some(
    (path) => !plan.files.has(path) && zip.entry(`${root}/${path}`) !== undefined,
  );
}

async function writePatched(
  writer: ZipWriter,
  zip: ZipReader,
  { layout, plan }: { layout: SaveLayout; plan: PatchPlan },
): Promise<void> {
  const prefix = `${layout.root}/`;
  const left = new Map(plan.files);
  const emptied = emptiedFolders(zip.entries, prefix, plan);
  for (const entry of zip.entries) {
    const path = entry.name.startsWith(prefix) ? entry.name.slice(prefix.length) : "";
    const content = left.get(path);
    left.delete(path);
    if (content && !isSame(entry, content)) await writer.add(entry.name, content);
    else if (content || !(plan.removed.has(path) || emptied.has(path))) await writer.copy(zip, entry);
  }
  for (const path of [...left.keys()].sort()) await writer.add(prefix + path, left.get(path) as Buffer);
  await writer.finish();
}

/** Folder entries of which the patch takes out the last file: nothing else would. New files need no folder entries. */
function emptiedFolders(entries: readonly ZipEntry[], prefix: string, plan: PatchPlan): Set<string> {
  const folders = new Set<string>();
  const stays = new Set<string>();
  for (const { name } of entries) {
    const path = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    if (path === "" || path.endsWith("/")) continue;
    const isRemoved = plan.removed.has(path);
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1))
      (isRemoved ? folders : stays).add(path.slice(0, end + 1));
  }
  for (const folder of stays) folders.delete(folder);
  return folders;
}

/** The new file must open, and hold the planned files with the right checksums, before it may replace anything. */
async function prove(temporary: string, { root }: SaveLayout, plan: PatchPlan): Promise<void> {
  const zip = await ZipReader.open(temporary, { maxEntries: Infinity, maxUncompressedBytes: Infinity });
  try {
    for (const entry of zip.entries) await zip.dataOffset(entry);
    for (const [path, content] of plan.files) {
      const entry = zip.entry(`${root}/${path}`);
      if (!entry || !(await zip.read(entry, content.length)).equals(content)) {
        throw new FactorioError(
          "io-failed",
          `The patched save did not read back as written (${path}). The disk may be failing; the old save is untouched.`,
        );
      }
    }
  } finally {
    await zip.close();
  }
}

async function* wholeFile(zip: ZipReader): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (let at = 0; at < zip.sizeBytes;) {
    const { bytesRead } = await zip.file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
