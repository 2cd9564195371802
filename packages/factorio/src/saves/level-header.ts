import { inflateSync, constants } from "node:zlib";
import type { GameVersion } from "../versions.js";

/** What the head of a map stream tells. `mods` is absent when its place in this version's layout is not known for certain. */
export interface LevelHeader {
  version: GameVersion;
  scenario: { campaign: string; level: string; mod: string };
  mods?: { name: string; version: string }[];
}

const MAX_MODS = 10_000;
const MAX_STRING_BYTES = 1000;

/** Reads past the end throw RangeError, which parseLevelHeader takes as "not this layout". */
class HeaderReader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  u8(): number {
    return this.bytes.readUInt8(this.#skip(1));
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.#skip(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.#skip(4));
  }

  skip(bytes: number): void {
    this.#skip(bytes);
  }

  /** One byte, or 0xFF and the full width. */
  optimised(width: 16 | 32): number {
    const first = this.u8();
    if (first !== 0xff) return first;
    return width === 16 ? this.u16() : this.u32();
  }

  text(): string {
    const length = this.optimised(32);
    if (length > MAX_STRING_BYTES) throw new RangeError("not a name");
    const from = this.#skip(length);
    return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes.subarray(from, from + length));
  }

  shortVersion(): string {
    return `${this.optimised(16)}.${this.optimised(16)}.${this.optimised(16)}`;
  }

  #skip(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.bytes.length) throw new RangeError("the header ends early");
    this.#at += bytes;
    return at;
  }
}

/**
 * The head of level.dat (uncompressed) or level-init.dat. Layout as found in saves of 1.1.19, 1.1.107, 2.0.55, 2.0.72 and
 * 2.1.11: from 2.0 on the build number is 32 bits wide and four more bytes stand before the mods. Undefined when it is none.
 */
export function parseLevelHeader(bytes: Buffer): LevelHeader | undefined {
  const reader = new HeaderReader(bytes);
  let header: LevelHeader;
  try {
    const version = { major: reader.u16(), minor: reader.u16(), patch: reader.u16(), build: reader.u16() };
    if (version.major > 20 || version.minor > 100) return undefined;
    reader.skip(1);
    header = { version, scenario: { campaign: reader.text(), level: reader.text(), mod: reader.text() } };
  } catch {
    return undefined;
  }
  const mods = readMods(reader, header.version);
  if (mods) header.mods = mods;
  return header;
}

function readMods(
  reader: HeaderReader,
  version: GameVersion,
): { name: string; version: string }[] | undefined {
  if (version.major > 2 || (version.major === 0 && version.minor < 17)) return undefined;
  try {
    reader.skip(3); // difficulty, finished, player won
    reader.text(); // next level
    reader.skip(4); // can continue, finished but continuing, saving replay, non-admin debug options
    reader.shortVersion(); // loaded from
    reader.skip(version.major >= 2 ? 4 : 2); // its build
    reader.skip(version.major >= 2 ? 5 : 1); // allowed commands; 2.0: and four bytes of unknown meaning
    const count = reader.optimised(32);
    if (count === 0 || count > MAX_MODS) return undefined;
    const mods = Array.from({ length: count }, () => {
      const mod = { name: reader.text(), version: reader.shortVersion() };
      reader.skip(4); // CRC
      return mod;
    });
    return mods.some((mod) => mod.name === "base") && mods.every((mod) => mod.name !== "") ? mods : undefined;
  } catch {
    return undefined;
  }
}

/** The start of the map stream from the start of level.dat0, which is one zlib stream cut anywhere. */
export function inflateStart(compressed: Buffer): Buffer | undefined {
  try {
    return inflateSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}
