import type { Api } from "../api/api.js";
import type { CommandSource } from "../console/command-source.js";
import { ScriptCrash, StartFailure } from "../errors.js";
import { LuaError, type LuaFunctionRef, type LuaTableRef, type LuaValue } from "../lua/types.js";
import { stringOf } from "../api/arguments.js";
import type { EventData, ScriptHost } from "./script-host.js";
import { raiseInLua } from "./raise.js";

/** The running script of the level: events, ticks, console commands, storage. */
export class LevelScript implements ScriptHost {
  private readonly tickEvent: number;

  constructor(
    private readonly api: Api,
    private readonly close_: () => void,
  ) {
    this.tickEvent = api.events.builtIn.get("on_tick") ?? 0;
  }

  raise(event: string, data: EventData): void {
    const id = this.api.events.builtIn.get(event);
    const handler = id === undefined ? undefined : this.api.events.get(id);
    if (id === undefined || !handler) return;
    this.guard(`event level::${this.api.events.label(id)}`, () => {
      raiseInLua(this.api, handler, id, Object.entries(data) as [LuaValue, LuaValue][]);
    });
  }

  tick(): void {
    const { events, game } = this.api;
    const onTick = events.get(this.tickEvent);
    if (onTick) {
      this.guard(`event level::${events.label(this.tickEvent)}`, () =>
        raiseInLua(this.api, onTick, this.tickEvent, []),
      );
    }
    for (const [period, handler] of events.dueNthTicks(game.world.tick)) {
      this.guard(`event level::on_nth_tick(${period})`, () => this.callNthTick(handler, period));
    }
  }

  runCode(code: string, source: CommandSource): string | undefined {
    const prefixed = /^\s*__([\w-]+)__\s+([\s\S]*)$/.exec(code);
    if (prefixed && prefixed[1] !== "level") return `Mod ${prefixed[1] ?? ""} is not active.`;
    return this.asCommand(source, () => {
      try {
        this.compile(prefixed?.[2] ?? code).call();
        return undefined;
      } catch (error) {
        if (error instanceof LuaError) return error.message;
        throw error;
      }
    });
  }

  customCommands(): { name: string; help: string }[] {
    return [...this.api.customCommands.values()].map(({ name, help }) => ({
      name,
      help: stringOf(help) ?? "",
    }));
  }

  runCustomCommand(name: string, parameter: string | undefined, source: CommandSource): boolean {
    const command = this.api.customCommands.get(name);
    if (!command) return false;
    const fields: [LuaValue, LuaValue][] = [
      ["name", name],
      ["tick", this.api.game.world.tick],
    ];
    if (parameter !== undefined) fields.push(["parameter", parameter]);
    if (source.player) fields.push(["player_index", source.player.index]);
    this.asCommand(source, () => {
      // Errors of added commands end the server in 2.0 (facts-2 §2.3).
      this.guard(`command "${name}"`, () => command.run.call(this.api.vm.newTable(fields)));
    });
    return true;
  }

  serializeStorage(): Uint8Array {
    const { vm, game } = this.api;
    return this.guard("event level::on_save()", () =>
      vm.serialize(vm.globals.get(game.personality.storageName), (object) => this.api.describeObject(object)),
    );
  }

  close(): void {
    this.close_();
  }

  private callNthTick(handler: LuaFunctionRef, period: number): void {
    const tick = this.api.game.world.tick;
    const event: LuaTableRef = this.api.vm.newTable([
      ["tick", tick],
      ["nth_tick", period],
    ]);
    try {
      handler.call(event);
    } finally {
      event.release();
    }
  }

  /** Syntax errors name the code itself, errors at run time name `(command)` (facts §4.6). */
  private compile(code: string): LuaFunctionRef {
    try {
      return this.api.vm.load(code, "=(command)");
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      return this.api.vm.load(code, `=${stringChunkId(code)}`);
    }
  }

  private asCommand<T>(source: CommandSource, run: () => T): T {
    const before = this.api.commandSource;
    this.api.commandSource = source;
    try {
      return run();
    } finally {
      this.api.commandSource = before;
    }
  }

  private guard<T>(activity: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof LuaError) throw new ScriptCrash(activity, error.message, error.traceback);
      throw error;
    }
  }
}

/** Errors while the script is coming up are failed starts. */
export function startStep<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    const text = [`Error while running ${what}: ${error.message}`, error.traceback].join("\n").trimEnd();
    throw new StartFailure(text, "multiplayer-manager");
  }
}

const CHUNK_ID_LENGTH = 45;

/** `[string "first line..."]`, as Lua names a chunk that was given as text. */
function stringChunkId(code: string): string {
  const firstLine = code.split("\n", 1)[0] ?? "";
  const isCut = firstLine.length !== code.length || firstLine.length > CHUNK_ID_LENGTH;
  return `[string "${isCut ? `${firstLine.slice(0, CHUNK_ID_LENGTH - 3)}...` : firstLine}"]`;
}
