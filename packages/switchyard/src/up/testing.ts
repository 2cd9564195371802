import type { CtlIo, OutputStream } from "@switchyard/ctl";

class Collected implements OutputStream {
  text = "";

  write(text: string, done?: (error?: Error | null) => void): boolean {
    this.text += text;
    done?.();
    return true;
  }
}

/** What a switchyardctl command of a test sees of the process. */
export class FakeIo implements CtlIo {
  readonly stdout = new Collected();
  readonly stderr = new Collected();
  readonly stdin: AsyncIterable<string> = (async function* () {})();
  readonly platform = process.platform;

  constructor(
    readonly homeDirectory: string,
    readonly environment: Record<string, string>,
  ) {}

  get signal(): AbortSignal {
    return new AbortController().signal;
  }

  get workingDirectory(): string {
    return this.homeDirectory;
  }

  now(): number {
    return Date.now();
  }
}
