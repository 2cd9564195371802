import type { Host, Instance } from "@switchyard/protocol";
import type { Colours } from "./colours.js";
import { colourState } from "./colours.js";
import { renderTable } from "./table.js";
import { relativeTime } from "./time.js";

/** An instance as `--output json` shows it: flat, spec and status together. */
export type InstanceView = ReturnType<typeof instanceView>;

export function instanceView({ id, spec, status }: Instance, hosts: readonly Host[]) {
  const host = hosts.find((candidate) => candidate.id === spec.hostId);
  return {
    id,
    name: spec.name,
    hostId: spec.hostId,
    hostName: host?.name ?? null,
    state: status.state,
    sinceMs: status.sinceMs,
    words: status.words,
    address: host && status.gamePort !== null ? `${host.publicAddress}:${status.gamePort}` : null,
    gamePort: status.gamePort,
    factorioVersion: status.factorioVersion ?? spec.factorioVersion,
    isSimulator: status.isSimulator,
    save: status.save,
    players: status.players,
    autoStart: spec.autoStart,
  };
}

export function renderInstances(views: readonly InstanceView[], nowMs: number, colours: Colours): string {
  if (views.length === 0)
    return "No instances yet; create one with: switchyardctl instance create NAME --start\n";
  const rows = [...views]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((view) => [
      view.name,
      colourState(view.state, colours),
      relativeTime(view.sinceMs, nowMs),
      view.hostName ?? view.hostId,
      view.gamePort === null ? "-" : String(view.gamePort),
      view.isSimulator ? `${view.factorioVersion} (simulator)` : view.factorioVersion,
      String(view.players.length),
      view.id,
      view.words,
    ]);
  return renderTable(
    ["NAME", "STATE", "SINCE", "HOST", "PORT", "FACTORIO", "PLAYERS", "ID", ""],
    rows,
    colours,
  );
}

export function renderHosts(hosts: readonly Host[], nowMs: number, colours: Colours): string {
  if (hosts.length === 0)
    return "No hosts yet; make a token for one with: switchyardctl host create-token NAME\n";
  const rows = [...hosts]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((host) => [
      host.name,
      host.connected ? colours.green("connected") : colours.red("away"),
      host.connected ? "now" : relativeTime(host.lastSeenAtMs, nowMs),
      host.publicAddress,
      host.installs
        .map((install) => install.version + (install.isSimulator ? " (simulator)" : ""))
        .join(", "),
      host.version,
      host.id,
    ]);
  return renderTable(["NAME", "STATE", "SEEN", "ADDRESS", "FACTORIO", "VERSION", "ID"], rows, colours);
}
