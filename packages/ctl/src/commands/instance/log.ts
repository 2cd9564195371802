import {
  AppError,
  FollowLog,
  GetLog,
  instanceAddress,
  LogLines,
  type Instance,
  type LogLine,
} from "@switchyard/protocol";
import type { CommandContext, GlobalOptions, Handler } from "../../command.js";
import type { ControlConnection } from "../../connection.js";
import { findInstance } from "../../names.js";
import { colourLevel, type Colours } from "../../output/colours.js";
import { printable } from "../../output/table.js";
import { clockTime } from "../../output/time.js";
import { untilInterrupted } from "../../until.js";
import { WatchedCollection } from "../../watch.js";

const MAX_TAIL = 2000;
/** Lines that wait for a slow terminal; beyond it the oldest are left out and counted. */
const MAX_WAITING_LINES = 10_000;

interface LogArguments extends GlobalOptions {
  instance: string;
  follow: boolean;
  tail: number;
}

export const showLog: Handler<LogArguments> = async (args, context) => {
  if (!(Number.isInteger(args.tail) && args.tail >= 0 && args.tail <= MAX_TAIL))
    throw new AppError("usage", { reason: `--tail takes a number from 0 to ${MAX_TAIL}` });
  const connection = await context.connect();
  const instance = await findInstance(connection, args.instance);
  if (args.follow) return followLog(context, connection, instance, args.tail);
  const { lines } = await connection.request(
    GetLog,
    { tail: args.tail },
    { to: instanceAddress(instance.id), timeoutMs: context.timeoutOr(30_000) },
  );
  await context.output.result(lines, (colours) => lines.map((line) => renderLine(line, colours)).join(""));
};

async function followLog(
  context: CommandContext,
  connection: ControlConnection,
  instance: Instance,
  tail: number,
): Promise<void> {
  const address = instanceAddress(instance.id);
  await untilInterrupted(context, connection, async (fail) => {
    const printer = new LinePrinter(context, fail);
    const follow = async (from: number) => {
      const { lines } = await connection.request(FollowLog, { tail: from }, { to: address });
      printer.snapshot(lines);
    };
    connection.on(LogLines, ({ lines, skipped }, { source }) => {
      if (source === address) printer.add(lines, skipped);
    });
    // A new session, or a host that was restarted, knows of no follower; what came meanwhile is fetched by number.
    const again = () =>
      void follow(MAX_TAIL).catch((error: unknown) => {
        if (AppError.from(error).exitCode !== 6) fail(error);
      });
    let wasConnected = true;
    const hosts = new WatchedCollection(
      connection,
      "hosts",
      (id, host) => {
        if (id !== instance.spec.hostId) return;
        if (host?.connected === true && !wasConnected) again();
        wasConnected = host?.connected ?? false;
      },
      fail,
    );
    await follow(tail);
    await hosts.start();
    connection.onReconnected(again);
    return () => undefined;
  });
}

/** Prints each line once and in order, as fast as the output takes them. */
class LinePrinter {
  readonly #waiting: LogLine[] = [];
  #last = 0;
  #skipped = 0;
  #isWriting = false;

  constructor(
    private readonly context: CommandContext,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** The newest lines the host has. Numbers below the last one mean that the host counts anew. */
  snapshot(lines: readonly LogLine[]): void {
    const newest = lines.at(-1)?.number ?? 0;
    if (newest < this.#last) this.#last = 0;
    this.add(lines, 0);
  }

  add(lines: readonly LogLine[], skipped: number): void {
    this.#skipped += skipped;
    for (const line of lines) {
      if (line.number <= this.#last) continue;
      this.#last = line.number;
      this.#waiting.push(line);
    }
    const tooMany = this.#waiting.length - MAX_WAITING_LINES;
    if (tooMany > 0) this.#skipped += this.#waiting.splice(0, tooMany).length;
    if (!this.#isWriting) void this.#write().catch(this.fail);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    const { output } = this.context;
    try {
      while (this.#waiting.length > 0 || this.#skipped > 0) {
        const skipped = this.#skipped;
        this.#skipped = 0;
        if (skipped > 0)
          await output.item({ skipped }, (colours) => colours.dim(`… ${skipped} lines left out\n`));
        const line = this.#waiting.shift();
        if (line) await output.item(line, (colours) => renderLine(line, colours));
      }
    } finally {
      this.#isWriting = false;
    }
  }
}

function renderLine(line: LogLine, colours: Colours): string {
  const tag = line.origin === "switchyard" ? "switchyard" : line.level;
  const text = `${tag === "" ? "" : `[${tag}] `}${printable(line.text)}`;
  return `${colours.dim(clockTime(line.atMs))} ${colourLevel(line.level, text, colours)}\n`;
}
