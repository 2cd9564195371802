import {
  AppError,
  DeleteSave,
  ExportSave,
  ImportSave,
  instanceAddress,
  TransferSave,
  type ParamsOf,
  type ResultOf,
} from "@switchyard/protocol";
import type { Dispatcher, HandlerContext } from "@switchyard/link";
import type { Askers } from "../link/askers.js";
import { audit, auditRefusal } from "../state/audit.js";
import type { Hosts } from "../state/hosts.js";
import type { InstanceRecord, Instances } from "../state/instances.js";
import { requirePermission } from "../state/users.js";
import type { ControllerStore } from "../store/controller-store.js";
import type { Logger } from "@switchyard/node-kit";

export interface ServeSavesOptions {
  dispatcher: Dispatcher;
  hosts: Hosts;
  instances: Instances;
  store: ControllerStore;
  askers: Askers;
  log: Logger;
}

type Params = ParamsOf<typeof TransferSave>;

/** Each way, for the largest save over a slow line. */
const COPY_TIMEOUT_MS = 60 * 60_000;
const MAX_TRANSFERS = 8;

/** What hosts do with their saves passes through the controller; only what concerns two hosts is done here. */
export function serveSaves(options: ServeSavesOptions): void {
  let transfers = 0;
  options.dispatcher.handle(TransferSave, async (params, context) => {
    if (transfers >= MAX_TRANSFERS)
      throw new AppError("queue-full", { what: "transfers of saves", count: transfers });
    transfers += 1;
    try {
      return await transferAndNote(options, params, context);
    } finally {
      transfers -= 1;
    }
  });
}

async function transferAndNote(
  options: ServeSavesOptions,
  params: Params,
  context: HandlerContext,
): Promise<ResultOf<typeof TransferSave>> {
  const { store, askers, log } = options;
  const actor = askers.actor(context);
  const entry = { action: TransferSave.name, target: instanceAddress(params.toInstanceId) };
  try {
    const result = await transfer(options, params, context);
    const { save, blob, sourceDeleted } = result;
    const after = { ...params, name: save.name, blob, sourceDeleted };
    await store.write((write) => audit(write, actor, { ...entry, after, outcome: "done" }));
    return result;
  } catch (error) {
    auditRefusal(store, log, actor, { ...entry, after: params, outcome: AppError.from(error).code });
    throw error;
  }
}

/** The host has the last word; this only spares people a copy whose end is known. */
function requireUnused({ spec, status: { state, save } }: InstanceRecord, name: string): void {
  if (save !== name || state === "stopped" || state === "crashed") return;
  throw new AppError("save-in-use", { save: name, instance: spec.name, state });
}

async function transfer(
  { dispatcher, hosts, instances, askers }: ServeSavesOptions,
  { instanceId, save: name, toInstanceId, name: newName = name, deleteSource = false }: Params,
  context: HandlerContext,
): Promise<ResultOf<typeof TransferSave>> {
  const user = askers.user(context);
  requirePermission(user, "save.read");
  if (deleteSource) requirePermission(user, "save.delete");
  for (const id of [instanceId, toInstanceId]) hosts.requireConnected(instances.require(id).spec.hostId);
  if (deleteSource) requireUnused(instances.require(instanceId), name);
  const options = {
    timeoutMs: COPY_TIMEOUT_MS,
    signal: context.signal,
    onProgress: (progress: unknown) => context.progress(progress),
  };
  const from = instanceAddress(instanceId);
  const { blob, modifiedAtMs } = await dispatcher.request(
    ExportSave,
    { save: name },
    { ...options, to: from },
  );
  // Answers only when the target's host has it on disk, with this length and checksum, as a sound save.
  const { save } = await dispatcher.request(
    ImportSave,
    { name: newName, blob, modifiedAtMs },
    { ...options, to: instanceAddress(toInstanceId) },
  );
  if (deleteSource) {
    const { signal, timeoutMs } = options;
    await dispatcher.request(DeleteSave, { save: name, expected: blob }, { to: from, signal, timeoutMs });
  }
  return { save, blob, sourceDeleted: deleteSource };
}
