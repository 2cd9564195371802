import { setTimeout as sleep } from "node:timers/promises";
import type { SplitCluster, SplitHost } from "@switchyard/test-kit";

export const TARGETS = ["host", "controller", "link", "all"] as const;
export type Target = (typeof TARGETS)[number];

export interface FaultContext {
  cluster: SplitCluster;
  host: SplitHost;
  random(): number;
  instances: readonly string[];
  /** From an agent's start to the moment all its servers were taken over. */
  adopted(ms: number): void;
}

type Fault = (context: FaultContext) => Promise<void>;

const ADOPTION_LIMIT_MS = 60_000;

/** One fault that fits the target, and its repair; resolves when everything is up again. */
export async function injectFault(target: Target, context: FaultContext): Promise<string> {
  const choices = Object.entries(FAULTS).filter(([name]) => target === "all" || name.startsWith(target));
  const [name, inject] = choices[Math.floor(context.random() * choices.length)] ?? [
    "none",
    () => Promise.resolve(),
  ];
  await inject(context);
  return name;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  "host killed": killHost,
  "host killed twice": async (context) => {
    // Once more in the midst of the adoption.
    context.host.program.kill("SIGKILL");
    await context.host.program.exited;
    const second = context.cluster.restartHost(context.host);
    await sleep(200 + context.random() * 1500);
    second.kill("SIGKILL");
    await second.exited;
    await startHost(context);
  },
  "controller killed": async (context) => {
    await killController(context);
    await sleep(context.random() * 1000);
    await context.cluster.startController();
  },
  "link cut": (context) => breakLink(context, () => context.host.proxy.cut()),
  "link half open": (context) => breakLink(context, () => context.host.proxy.halfOpen()),
  "link reset": (context) => breakLink(context, () => context.host.proxy.reset()),
  "both killed": async (context) => {
    await killController(context);
    await killHost(context);
    await context.cluster.startController();
  },
};

async function killHost(context: FaultContext): Promise<void> {
  context.host.program.kill("SIGKILL");
  await context.host.program.exited;
  await sleep(context.random() * 500);
  await startHost(context);
}

async function startHost({ cluster, host, instances, adopted }: FaultContext): Promise<void> {
  const beganAt = performance.now();
  const program = cluster.restartHost(host);
  for (const name of instances) {
    const isRunning = (text: string) => text.includes(`Instance ${name} is running`) || undefined;
    await program.waitForLine(isRunning, ADOPTION_LIMIT_MS);
  }
  adopted(performance.now() - beganAt);
}

async function killController({ cluster }: FaultContext): Promise<void> {
  cluster.controller?.kill("SIGKILL");
  await cluster.controller?.exited;
}

async function breakLink({ host, random }: FaultContext, damage: () => void): Promise<void> {
  damage();
  await sleep(100 + random() * 2000);
  host.proxy.heal();
}
