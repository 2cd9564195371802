import type { Dispatcher, HandlerContext } from "@switchyard/link";
import {
  AppError,
  CopySave,
  CreateSave,
  DeleteSave,
  ExportSave,
  ImportSave,
  ListSaves,
  RenameSave,
  type AddressText,
  type TransferProgress,
} from "@switchyard/protocol";
import { explainFactorioError } from "../factorio-errors.js";
import type { InstanceRuntime } from "../instance/instance-runtime.js";
import type { InstanceSet } from "../instance/instance-set.js";
import { InstanceSaves, type CopyOptions, type InstanceSavesOptions } from "../saves/instance-saves.js";
import { addressedInstance } from "./addressed-instance.js";

/** Copies and new maps; each takes disk, network or a core. */
const MAX_AT_ONCE = 8;
const PROGRESS_EVERY_MS = 250;

/** What people do with the saves of this host's instances. */
export class SaveFeature {
  readonly #saves = new Map<string, InstanceSaves>();
  #busy = 0;

  constructor(private readonly options: Omit<InstanceSavesOptions, "runtime">) {}

  add(runtime: InstanceRuntime): void {
    this.#saves.set(runtime.identity.id, new InstanceSaves({ ...this.options, runtime }));
  }

  remove(instanceId: string): void {
    this.#saves.delete(instanceId);
  }

  /** Rejects `save-not-found`, `save-refused`, `instance-not-stopped`. */
  async choose(runtime: InstanceRuntime, save: string): Promise<void> {
    await this.#guard(runtime, (saves) => saves.choose(save));
  }

  serve(dispatcher: Dispatcher, instances: InstanceSet): void {
    const on = <T>(destination: AddressText, work: (saves: InstanceSaves) => Promise<T>) =>
      this.#guard(addressedInstance(instances, destination), work);
    dispatcher.handle(ListSaves, (_params, { destination }) => on(destination, (saves) => saves.list()));
    dispatcher.handle(CreateSave, (params, { destination }) =>
      this.#inTurn(() => on(destination, async (saves) => ({ save: await saves.create(params) }))),
    );
    dispatcher.handle(CopySave, ({ save, to = save }, { destination }) =>
      this.#inTurn(() => on(destination, async (saves) => ({ save: await saves.copy(save, to) }))),
    );
    dispatcher.handle(RenameSave, ({ save, to }, { destination }) =>
      on(destination, async (saves) => ({ save: await saves.rename(save, to) })),
    );
    dispatcher.handle(DeleteSave, ({ save, expected }, { destination }) =>
      on(destination, async (saves) => {
        await saves.delete(save, expected);
        return {};
      }),
    );
    dispatcher.handle(ImportSave, (params, context) =>
      this.#inTurn(() =>
        on(context.destination, async (saves) => ({
          save: await saves.import(params, copyOptions("import", context)),
        })),
      ),
    );
    dispatcher.handle(ExportSave, ({ save }, context) =>
      this.#inTurn(() =>
        on(context.destination, (saves) => saves.export(save, copyOptions("export", context))),
      ),
    );
  }

  async #guard<T>(runtime: InstanceRuntime, work: (saves: InstanceSaves) => Promise<T>): Promise<T> {
    const { id, name } = runtime.identity;
    const saves = this.#saves.get(id);
    if (!saves) throw new AppError("instance-not-found", { instance: id });
    try {
      return await work(saves);
    } catch (error) {
      throw explainFactorioError(error, name);
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= MAX_AT_ONCE)
      throw new AppError("queue-full", { what: "the saves of this host", count: this.#busy });
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }
}

/** Says how far it is now and then, and at the end. */
function copyOptions(phase: TransferProgress["phase"], context: HandlerContext): CopyOptions {
  let saidAtMs = -Infinity;
  return {
    signal: context.signal,
    onProgress: (doneBytes, sizeBytes) => {
      const now = performance.now();
      if (doneBytes < sizeBytes && now - saidAtMs < PROGRESS_EVERY_MS) return;
      saidAtMs = now;
      context.progress({ phase, doneBytes, sizeBytes } satisfies TransferProgress);
    },
  };
}
