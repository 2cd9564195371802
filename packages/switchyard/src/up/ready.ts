import type { Host, Instance } from "@switchyard/protocol";
import type { Colours } from "@switchyard/ctl";
import type { DataDirectory } from "./data-directory.js";

/** What `up --json` prints as its one line. */
export interface ReadyReport {
  url: string;
  /** Signs the admin in once. */
  signInUrl: string;
  dataDirectory: string;
  /** For SWITCHYARD_CONTEXT_FILE of switchyardctl; holds a token. */
  contextFile: string;
  controller: { pid: number | null; url: string };
  hosts: { id: string; name: string; pid: number | null }[];
  instances: {
    id: string;
    name: string;
    hostId: string;
    gamePort: number | null;
    state: string;
    words: string;
    isSimulator: boolean;
    /** The instance's folder, for `factorio-sim ctl`. */
    writeDirectory: string | null;
  }[];
}

export interface ReadyFacts {
  url: string;
  signInUrl: string;
  data: DataDirectory;
  controllerPid: number | undefined;
  hosts: readonly Host[];
  hostPids: ReadonlyMap<string, number | undefined>;
  instances: readonly Instance[];
}

export async function describeReady(facts: ReadyFacts): Promise<ReadyReport> {
  const { url, signInUrl, data, hosts, hostPids } = facts;
  const names = new Map(hosts.map((host) => [host.id, host.name]));
  const ours = hosts.filter((host) => hostPids.has(host.name));
  return {
    url,
    signInUrl,
    dataDirectory: data.path,
    contextFile: data.contextFile,
    controller: { pid: facts.controllerPid ?? null, url },
    hosts: ours.map(({ id, name }) => ({ id, name, pid: hostPids.get(name) ?? null })),
    instances: await Promise.all(
      facts.instances.map(async ({ id, spec, status }) => ({
        id,
        name: spec.name,
        hostId: spec.hostId,
        gamePort: status.gamePort,
        state: status.state,
        words: status.words,
        isSimulator: status.isSimulator,
        writeDirectory: await data.instanceDirectory(names.get(spec.hostId) ?? "", id),
      })),
    ),
  };
}

export interface Hints {
  /** How this person starts the programs: `npx switchyardctl`. */
  ctl: string;
  simulator: string;
}

/** What a person sees when all is ready. */
export function renderReady(report: ReadyReport, hints: Hints, colours: Colours): string {
  const played = report.instances.find((instance) => instance.state === "running" && instance.writeDirectory);
  const lines = ["", `${colours.bold("The cluster is ready:")} ${colours.cyan(report.url)}`];
  for (const { name, state, words, gamePort } of report.instances) {
    if (state !== "running") lines.push(colours.yellow(`  ${name} is ${state}${words ? `: ${words}` : ""}`));
    else if (gamePort !== null) lines.push(`  ${name} is running on UDP port ${gamePort}`);
  }
  lines.push("", "Sign in as admin, once and within ten minutes:", `  ${colours.cyan(report.signInUrl)}`, "");
  lines.push("Try next, in another terminal:", `  ${hints.ctl} instance list`);
  if (played) lines.push(`  ${hints.ctl} instance log ${played.name} --follow`);
  if (played?.isSimulator && played.writeDirectory) {
    lines.push(`  ${hints.simulator} ctl ${quote(played.writeDirectory)} join Anna`);
    lines.push(`  ${hints.simulator} ctl ${quote(played.writeDirectory)} chat Anna "Hello, all"`);
  }
  lines.push("", `Ctrl-C stops everything; the cluster stays in ${report.dataDirectory}`, "");
  return lines.join("\n");
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text);
}
