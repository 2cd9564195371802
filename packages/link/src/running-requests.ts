import { AppError, type AddressText } from "@switchyard/protocol";
import type { Clock } from "./clock.js";
import type { HandlerContext } from "./dispatcher-types.js";
import type { Frame } from "./frame.js";

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

interface Running {
  readonly context: HandlerContext;
  /** Set by cancel and by the loss of the asker: nobody waits for the answer. */
  readonly isAbandoned: boolean;
  abort(reason: AppError): void;
  end(): void;
}

/** The requests that are being handled, by who asked. */
export class RunningRequests {
  readonly #bySource = new Map<AddressText, Map<string, Running>>();

  constructor(
    private readonly clock: Clock,
    private readonly limitPerSource: number,
  ) {}

  /** Throws AppError `queue-full`, or `bad-request` for an id that is in use. */
  begin(frame: Frame, user: string | undefined, progress: (value: unknown) => void): Running {
    const { s: source = "", i: id = "" } = frame.header;
    const running = this.#bySource.get(source) ?? new Map<string, Running>();
    if (running.size >= this.limitPerSource) {
      throw new AppError("queue-full", { what: frame.header.d, count: running.size });
    }
    if (running.has(id)) throw new AppError("bad-request", { reason: `the request id ${id} is in use` });
    const entry = run(frame, user, this.clock, progress, () => {
      running.delete(id);
      if (running.size === 0) this.#bySource.delete(source);
    });
    this.#bySource.set(source, running);
    running.set(id, entry);
    return entry;
  }

  abort(source: AddressText, id: string, reason: AppError): void {
    this.#bySource.get(source)?.get(id)?.abort(reason);
  }

  abortFrom(source: AddressText, reason: AppError): void {
    for (const running of [...(this.#bySource.get(source)?.values() ?? [])]) running.abort(reason);
  }

  abortAll(reason: AppError): void {
    for (const source of [...this.#bySource.keys()]) this.abortFrom(source, reason);
  }
}

/** Most handlers never look at the signal, so that it and its deadline timer are made when it is first asked for. */
function run(
  frame: Frame,
  user: string | undefined,
  clock: Clock,
  progress: (value: unknown) => void,
  onEnd: () => void,
): Running {
  const { s: source = "", d: destination = "", i: id = "", x: leftMs, r: traceId } = frame.header;
  const startedAt = clock.now();
  let controller: AbortController | undefined;
  let timer: unknown;
  let abandoned: AppError | undefined;
  let ended = false;
  const makeController = () => {
    const made = new AbortController();
    if (abandoned) made.abort(abandoned);
    else if (leftMs !== undefined && !ended) {
      const restMs = Math.min(Math.max(leftMs - (clock.now() - startedAt), 0), MAX_TIMEOUT_MS);
      timer = clock.setTimeout(
        () => made.abort(new AppError("deadline-exceeded", { timeoutMs: leftMs })),
        restMs,
      );
    }
    return made;
  };
  const context: HandlerContext = {
    source,
    destination,
    traceId: traceId ?? `${source}#${id}`,
    get signal() {
      controller ??= makeController();
      return controller.signal;
    },
    progress: (value) => {
      if (!ended && !abandoned) progress(value);
    },
    ...(user !== undefined && { user }),
  };
  return {
    context,
    get isAbandoned() {
      return abandoned !== undefined;
    },
    abort: (reason) => {
      abandoned ??= reason;
      clock.clearTimeout(timer);
      controller?.abort(reason);
    },
    end: () => {
      ended = true;
      clock.clearTimeout(timer);
      onEnd();
    },
  };
}
