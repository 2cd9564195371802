import type { LuaFunctionRef, LuaValue } from "../lua/types.js";
import { builtInEvents } from "./event-names.js";

/** Which Lua function handles which event; one handler per event, as one script may have in the game. */
export class EventRegistry {
  readonly builtIn = builtInEvents();
  private readonly names = new Map([...this.builtIn].map(([name, id]) => [id, name]));
  private readonly handlers = new Map<number | string, LuaFunctionRef>();
  private readonly nthTick = new Map<number, LuaFunctionRef>();

  get firstFreeId(): number {
    return this.builtIn.size;
  }

  /** Undefined removes the handler. */
  set(event: number | string, handler: LuaFunctionRef | undefined): void {
    if (handler) this.handlers.set(event, handler);
    else this.handlers.delete(event);
  }

  get(event: number | string): LuaFunctionRef | undefined {
    return this.handlers.get(event);
  }

  setNthTick(tick: number, handler: LuaFunctionRef | undefined): void {
    if (handler) this.nthTick.set(tick, handler);
    else this.nthTick.delete(tick);
  }

  clearNthTick(): void {
    this.nthTick.clear();
  }

  /** In ascending order of their periods. */
  dueNthTicks(tick: number): [number, LuaFunctionRef][] {
    if (this.nthTick.size === 0) return [];
    return [...this.nthTick].filter(([period]) => tick % period === 0).sort(([a], [b]) => a - b);
  }

  /** As error texts name an event: `on_tick (ID 0)`. */
  label(event: number | string): string {
    if (typeof event === "string") return event;
    return `${this.names.get(event) ?? "custom-event"} (ID ${event})`;
  }

  /** Undefined for values that name no event. */
  static idOf(value: LuaValue): number | string | undefined {
    return typeof value === "number" || typeof value === "string" ? value : undefined;
  }
}
