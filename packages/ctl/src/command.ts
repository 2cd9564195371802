import type { ArgumentsCamelCase, Argv } from "yargs";
import { connectControl, type ControlConnection } from "./connection.js";
import { chooseContext } from "./contexts.js";
import type { CtlIo } from "./io.js";
import { Output, type OutputFormat } from "./output/output.js";
import { VERSION } from "./version.js";

/** Options that every command has. */
export interface GlobalOptions {
  output: OutputFormat;
  context: string | undefined;
  /** Seconds. */
  timeout: number | undefined;
}

export type Handler<A> = (args: ArgumentsCamelCase<A>, context: CommandContext) => Promise<void>;
export type Run = <A extends GlobalOptions>(
  handler: Handler<A>,
) => (args: ArgumentsCamelCase<A>) => Promise<void>;
/** Adds a noun's verbs. Loaded only when the noun is used, because starting fast is part of being pleasant. */
export type AddCommands = (yargs: Argv<GlobalOptions>, run: Run) => Argv<GlobalOptions>;

/** What a command works with; owns the connection it opens. */
export class CommandContext {
  readonly output: Output;
  readonly timeoutMs: number | undefined;
  #connection: Promise<ControlConnection> | undefined;

  constructor(
    readonly io: CtlIo,
    private readonly options: GlobalOptions,
  ) {
    this.output = new Output(options.output, io);
    this.timeoutMs = options.timeout === undefined ? undefined : options.timeout * 1000;
  }

  /** `--timeout`, else what fits the command. */
  timeoutOr(defaultMs: number): number {
    return this.timeoutMs ?? defaultMs;
  }

  connect(): Promise<ControlConnection> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  async close(): Promise<void> {
    // One that failed to open has closed itself and told its caller.
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  async #open(): Promise<ControlConnection> {
    const { url, token } = await chooseContext(this.io, this.options.context);
    return connectControl({
      url,
      token,
      version: VERSION,
      signal: this.io.signal,
      ...(this.timeoutMs !== undefined && { connectTimeoutMs: this.timeoutMs }),
    });
  }
}
