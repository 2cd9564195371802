import { coloursFor, startSpinner, type Colours, type OutputStream, type Spinner } from "@switchyard/ctl";

/** What `up` does, step by step, on stderr: a tick and the time for each step that is done. */
export class Progress {
  readonly colours: Colours;
  #spinner: Spinner | undefined;

  constructor(
    private readonly stream: OutputStream,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.colours = coloursFor(stream, environment);
  }

  /** `work` may change the line's text; its answer is the step's. */
  async step<T>(doing: string, done: string | ((value: T) => string), work: () => Promise<T>): Promise<T> {
    const startedAtMs = performance.now();
    this.#spinner = startSpinner(this.stream, doing);
    try {
      const value = await work();
      this.#stopSpinner();
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      const text = typeof done === "string" ? done : done(value);
      this.stream.write(`${this.colours.green("✓")} ${text} ${this.colours.dim(`(${seconds} s)`)}\n`);
      return value;
    } catch (error) {
      this.#stopSpinner();
      this.stream.write(`${this.colours.red("✗")} ${doing}\n`);
      throw error;
    }
  }

  say(text: string): void {
    this.#spinner?.stop();
    this.stream.write(`${text}\n`);
  }

  #stopSpinner(): void {
    this.#spinner?.stop();
    this.#spinner = undefined;
  }
}
