import { instanceAddress, ListSaves, type Save } from "@switchyard/protocol";
import type { GlobalOptions, Handler } from "../../command.js";
import { findInstance } from "../../names.js";
import type { Colours } from "../../output/colours.js";
import { renderTable } from "../../output/table.js";
import { fileSize, relativeTime } from "../../output/time.js";

interface ListArguments extends GlobalOptions {
  instance: string;
}

/** A list of many large saves is read from the disk for the first time. */
const LIST_TIMEOUT_MS = 60_000;

export const listSaves: Handler<ListArguments> = async (args, context) => {
  const connection = await context.connect();
  const instance = await findInstance(connection, args.instance);
  const { saves, leftOut } = await connection.request(
    ListSaves,
    {},
    { to: instanceAddress(instance.id), timeoutMs: context.timeoutOr(LIST_TIMEOUT_MS) },
  );
  await context.output.result(saves, (colours) =>
    renderSaves(saves, { name: instance.spec.name, nowMs: context.io.now(), colours }),
  );
  if (leftOut > 0) context.output.note(`${leftOut} older saves are not shown`);
};

function renderSaves(
  saves: readonly Save[],
  { name, nowMs, colours }: { name: string; nowMs: number; colours: Colours },
): string {
  if (saves.length === 0) return `${name} has no saves yet; the first start makes or fetches one\n`;
  const rows = saves.map((save) => [
    save.name,
    fileSize(save.sizeBytes),
    relativeTime(save.modifiedAtMs, nowMs),
    save.factorioVersion ?? "-",
    save.scenario ?? "-",
    save.mods ? String(save.mods.length) : "-",
    save.modules.map((module) => module.name).join(" ") || "-",
    remarkOn(save, colours),
  ]);
  return renderTable(["NAME", "SIZE", "SAVED", "FACTORIO", "SCENARIO", "MODS", "MODULES", ""], rows, colours);
}

function remarkOn(save: Save, colours: Colours): string {
  if (save.fault !== null) return colours.red(save.fault);
  return [save.isLoaded && colours.green("loaded"), save.isAutosave && "autosave"].filter(Boolean).join(" ");
}
