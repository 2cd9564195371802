import { homedir } from "node:os";

/** A stream that results or messages go to; a TTY gets colours and spinners. */
export interface OutputStream {
  write(text: string, done?: (error?: Error | null) => void): boolean;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Everything a command sees of the process it runs in, so that tests can run many in one process. */
export interface CtlIo {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDirectory: string;
  /** Relative paths of arguments begin here. */
  readonly workingDirectory: string;
  /** Aborts when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
  now(): number;
}

/** The io of this process. */
export function processIo(signal: AbortSignal): CtlIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: process.env,
    platform: process.platform,
    homeDirectory: homedir(),
    workingDirectory: process.cwd(),
    signal,
    now: () => Date.now(),
  };
}

/** Resolves when the stream has taken the text, so that a slow reader slows the writer. */
export function writeAll(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
