import { FactorioError } from "../errors.js";
import { CONTROL, MANIFEST, SCENARIO, type SaveLayout } from "./save-layout.js";

/**
 * The save's own files, which survive every patch and its removal. A patch's scripts go to `modules/<name>/` and `scenario.lua`;
 * the save may have a folder `modules` too, and even files in `modules/<name>/`, but none of the same name. Compared
 * without case: on Windows the game unpacks a save into a folder.
 */
export class ForeignFiles {
  readonly #byLowerCase: Map<string, string>;

  /** `paths` of the save are below its root. */
  constructor(
    private readonly savePath: string,
    paths: readonly string[],
    layout: SaveLayout,
  ) {
    const foreign = paths.filter((path) => !layout.owned.has(path) && path !== CONTROL && path !== MANIFEST);
    this.#byLowerCase = new Map(foreign.map((path) => [path.toLowerCase(), path]));
  }

  find(path: string): string | undefined {
    return this.#byLowerCase.get(path.toLowerCase());
  }

  /** Where a file of a module goes: translations step aside for the save's own, since any name in the folder will do. */
  place(path: string): string {
    if (!path.startsWith("locale/") || !this.find(path)) return path;
    return path.replace(/([^/]+)$/, "switchyard-$1");
  }

  /** Refuses with save-unsupported-scenario and names the file. */
  refuseOverwriting(paths: Iterable<string>): void {
    for (const path of paths) {
      const taken = this.find(path);
      if (taken === undefined) continue;
      const way =
        path === SCENARIO ? "Rename the scenario's file." : "Rename the module or the scenario's file.";
      throw new FactorioError(
        "save-unsupported-scenario",
        `${this.savePath} has a file ${taken} of its own, where the patch would have to put one. ${way}`,
        { detail: { path: this.savePath, file: taken } },
      );
    }
  }
}
