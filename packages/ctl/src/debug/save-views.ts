import { formatGameVersion, type PatchSaveResult, type SaveInfo } from "@switchyard/factorio";
import type { Colours } from "../output/colours.js";
import { renderFields } from "../output/table.js";
import { fileSize } from "../output/time.js";

/** A save as `--output json` shows it: what is not known is null, never left out. */
export function saveView(file: string, info: SaveInfo) {
  return {
    file,
    rootFolder: info.rootFolder,
    sizeBytes: info.sizeBytes,
    entries: info.entries,
    version: info.version ? formatGameVersion(info.version) : null,
    build: info.version?.build ?? null,
    scenario: info.scenario ?? null,
    script: info.script,
    modules: info.modules,
    modsKnown: info.modsKnown,
    mods: info.mods ?? null,
  };
}

const SCRIPTS: Record<SaveInfo["script"], string> = {
  freeplay: "the game's freeplay",
  "event-handler": "a scenario that uses event_handler",
  custom: "a scenario that registers its own event handlers",
  switchyard: "patched by Switchyard",
  clusterio: "patched by Clusterio; it is taken over when it is patched here",
  none: "no script",
};

export function renderSave(view: ReturnType<typeof saveView>, colours: Colours): string {
  const { scenario } = view;
  const mods = view.mods?.map((mod) => `${mod.name} ${mod.version}`).join(", ");
  return renderFields(
    [
      ["File", view.file],
      ["Save name", view.rootFolder],
      ["Size", `${fileSize(view.sizeBytes)}, ${view.entries} entries`],
      ["Saved by", view.version === null ? "unknown" : `Factorio ${view.version}`],
      [
        "Scenario",
        scenario ? [scenario.mod, scenario.campaign, scenario.level].filter(Boolean).join("/") : "unknown",
      ],
      ["Script", SCRIPTS[view.script]],
      ["Modules", view.modules.map((module) => `${module.name} ${module.version}`).join(", ") || "none"],
      ["Mods", view.modsKnown ? mods || "none" : (mods ?? "not known for this version")],
    ],
    colours,
  );
}

export function renderPatch(
  view: PatchSaveResult & { input: string; output: string },
  colours: Colours,
): string {
  return renderFields(
    [
      ["Written", `${view.output} (${fileSize(view.sizeBytes)})`],
      ["Changed", view.changed ? "yes" : "no; the save held exactly this already"],
      ["Modules", view.modules.join(", ") || "none"],
      ["Scenario", SCRIPTS[view.scenario]],
      ["Taken over from", view.takenOverFrom === "clusterio" ? "Clusterio" : undefined],
    ],
    colours,
  );
}
