import {
  AppError,
  type PublishToStream,
  ReadStream,
  type AnyRequest,
  type ParamsOf,
  type ResultOf,
  type StreamEntry,
} from "@switchyard/protocol";
import type { ControllerLink } from "../controller-link.js";

/** The controller's streams, with the exactly-once rule of their contract. */
export class FakeStreams {
  readonly entries: StreamEntry[] = [];
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  oldest = 0;
  publishes = 0;

  /** Reads that wait for an entry. */
  get readers(): number {
    return this.#waiting.size;
  }

  publish(from: string, params: ParamsOf<typeof PublishToStream>): ResultOf<typeof PublishToStream> {
    this.publishes += 1;
    const key = `${from} ${params.stream} ${params.epoch}`;
    params.payloads.forEach((payload, index) => {
      const position = params.positions[index] ?? 0;
      if (position <= (this.#taken.get(key) ?? 0)) return;
      this.#taken.set(key, position);
      this.add(payload, from.slice(from.indexOf("/") + 1));
    });
    return { head: this.entries.length };
  }

  add(payload: unknown, source = "controller"): void {
    this.entries.push({
      number: this.entries.length + 1,
      source,
      sourceName: source,
      atMs: Date.now(),
      payload,
    });
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  async read(
    params: ParamsOf<typeof ReadStream>,
    signal?: AbortSignal,
  ): Promise<ResultOf<typeof ReadStream>> {
    const { after, limit } = params;
    const head = () => this.entries.length;
    if (after === null) return { entries: [], head: head(), oldest: this.oldest };
    while (head() === after && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    const entries = this.entries
      .filter(({ number }) => number > after && number >= this.oldest)
      .slice(0, limit);
    return { entries, head: head(), oldest: this.oldest };
  }
}

/** A link in memory to those streams that can be cut. */
export class FakeLink implements Pick<ControllerLink, "request" | "whenReady" | "isReady"> {
  isReady = true;
  /** The answer to this many publishes is lost after they were done. */
  loseAnswers = 0;
  #ready: (() => void)[] = [];
  #cuts: ((error: Error) => void)[] = [];

  constructor(private readonly streams: FakeStreams) {}

  cut(): void {
    this.isReady = false;
    for (const cut of this.#cuts.splice(0)) cut(new AppError("session-lost"));
  }

  restore(): void {
    this.isReady = true;
    for (const ready of this.#ready.splice(0)) ready();
  }

  whenReady(signal?: AbortSignal): Promise<void> {
    if (this.isReady) return Promise.resolve();
    return new Promise((resolve) => {
      this.#ready.push(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  async request<M extends AnyRequest>(
    message: M,
    params: ParamsOf<M>,
    options: { from?: string; signal?: AbortSignal },
  ): Promise<ResultOf<M>> {
    if (!this.isReady) throw new AppError("controller-unreachable", { url: "x", reason: "cut" });
    const lost = new Promise<never>((_, reject) => this.#cuts.push(reject));
    const answer = await Promise.race([this.#answer(message, params, options), lost]);
    return answer as ResultOf<M>;
  }

  async #answer(
    message: AnyRequest,
    params: unknown,
    options: { from?: string; signal?: AbortSignal },
  ): Promise<unknown> {
    if (message.name === ReadStream.name) {
      return this.streams.read(params as ParamsOf<typeof ReadStream>, options.signal);
    }
    const answer = this.streams.publish(options.from ?? "?", params as ParamsOf<typeof PublishToStream>);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      throw new AppError("session-lost");
    }
    return Promise.resolve(answer);
  }
}
