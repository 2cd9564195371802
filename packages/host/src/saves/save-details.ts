import { formatGameVersion, type SaveFile, type SaveInfo } from "@switchyard/factorio";
import type { Save } from "@switchyard/protocol";
import { explainFactorioError } from "../factorio-errors.js";
import type { Game } from "../instance/game.js";
import { forEachBounded } from "../pauses.js";

type Details = Omit<Save, "name" | "sizeBytes" | "modifiedAtMs" | "isLoaded" | "isAutosave">;

const READS_AT_ONCE = 4;
const NOTHING_KNOWN: Omit<Details, "fault"> = {
  factorioVersion: null,
  scenario: null,
  script: null,
  modules: [],
  mods: null,
};

/** What the saves of one folder hold; each file is read again only when its time or size has changed. */
export class SaveDetails {
  #known = new Map<string, Details>();

  constructor(private readonly game: Pick<Game, "inspectSave">) {}

  /** In the order given; the folder's other saves are forgotten. */
  async of(files: readonly SaveFile[], isLoaded: (name: string) => boolean): Promise<Save[]> {
    const read = new Map<string, Details>();
    await forEachBounded(files, READS_AT_ONCE, async (file) => {
      read.set(keyOf(file), this.#known.get(keyOf(file)) ?? (await this.#read(file)));
    });
    this.#known = read;
    return files.map((file) => ({
      name: file.name,
      sizeBytes: file.sizeBytes,
      modifiedAtMs: Math.floor(file.modifiedAtMs),
      isLoaded: isLoaded(file.name),
      isAutosave: file.name.startsWith("_autosave"),
      ...(read.get(keyOf(file)) ?? { ...NOTHING_KNOWN, fault: null }),
    }));
  }

  async #read(file: SaveFile): Promise<Details> {
    try {
      return toDetails(await this.game.inspectSave(file.path));
    } catch (error) {
      // A file that went away meanwhile, too, is told as it is found.
      const { message, details } = explainFactorioError(error, "");
      const fault = String(details["reason"] ?? message).replaceAll(file.path, file.name);
      return { ...NOTHING_KNOWN, fault };
    }
  }
}

function toDetails(info: SaveInfo): Details {
  return {
    factorioVersion: info.version ? formatGameVersion(info.version) : null,
    scenario: info.scenario ? `${info.scenario.mod}/${info.scenario.level}` : null,
    script: info.script,
    modules: info.modules.map(({ name, version }) => ({ name, version })),
    mods: info.mods ?? null,
    fault: null,
  };
}

function keyOf({ name, sizeBytes, modifiedAtMs }: SaveFile): string {
  return `${sizeBytes} ${modifiedAtMs} ${name}`;
}
