import { IpcFault } from "./ipc-fault.js";
import { ownCopy } from "./own-copy.js";

const MAX_KEPT = 256;
const MAX_KEPT_LENGTH = 200;

/** Undoes the escapes of channel names and remembers the few that a save uses: nearly every line has one of them. */
export class ChannelNames {
  readonly #kept = new Map<string, string>();

  /** Throws IpcFault when the name is empty or an escape is wrong. */
  read(escaped: string): string {
    const known = this.#kept.get(escaped);
    if (known !== undefined) return known;
    if (/\\(?!x[0-9a-fA-F]{2})/.test(escaped)) throw new IpcFault("malformed: a wrong escape in the channel");
    if (escaped === "") throw new IpcFault("malformed: the channel is empty");
    // Not a slice, which would hold on to the line for as long as it is kept.
    const own = ownCopy(escaped);
    const name = own.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
    if (own.length <= MAX_KEPT_LENGTH) this.#keep(own, name);
    return name;
  }

  #keep(escaped: string, name: string): void {
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(escaped, name);
  }
}
