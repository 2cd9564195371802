/** One message from the save's Lua. `bytes` counts the payload as JSON text; `sequence` counts up by one per IPC line. */
export interface IpcMessage {
  channel: string;
  payload: unknown;
  bytes: number;
  sequence: number;
}

export interface DeadLetter {
  line: string;
  reason: string;
}

export interface IpcDecoderOptions {
  scriptOutputDir: string;
  maxInlineBytes?: number;
  maxFileBytes?: number;
  maxQueuedMessages?: number;
  onMessage(message: IpcMessage): void | Promise<void>;
  onDeadLetter(letter: DeadLetter): void;
}

export class IpcDecoder {
  constructor(readonly options: IpcDecoderOptions) {}
  accept(_line: string): boolean {
    throw new Error("not built yet");
  }
  ready(): Promise<void> {
    return Promise.resolve();
  }
  drain(): Promise<void> {
    return Promise.resolve();
  }
}
