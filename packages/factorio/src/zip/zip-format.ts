/** Signatures and sizes of the zip format (PKWARE APPNOTE 6.3). */
export const LOCAL_HEADER = 0x04034b50;
export const CENTRAL_HEADER = 0x02014b50;
export const END_RECORD = 0x06054b50;
export const ZIP64_END_RECORD = 0x06064b50;
export const ZIP64_LOCATOR = 0x07064b50;

export const LOCAL_HEADER_BYTES = 30;
export const CENTRAL_HEADER_BYTES = 46;
export const END_RECORD_BYTES = 22;
export const ZIP64_END_RECORD_BYTES = 56;
export const ZIP64_LOCATOR_BYTES = 20;

export const STORED = 0;
export const DEFLATED = 8;

export const FLAG_ENCRYPTED = 0x0001;
export const FLAG_DESCRIPTOR = 0x0008;
export const FLAG_UTF8 = 0x0800;

export const MAX_16 = 0xffff;
export const MAX_32 = 0xffffffff;
export const ZIP64_EXTRA = 0x0001;

/** One entry as the central directory describes it. Sizes and offsets are whole numbers below 2^53. */
export interface ZipEntry {
  /** Checked: relative, forward slashes, no "..", no control characters. Folders end in "/". */
  name: string;
  rawName: Buffer;
  flags: number;
  method: number;
  /** DOS time and date as found; zero dates occur in the game's saves. */
  time: number;
  date: number;
  crc: number;
  compressedBytes: number;
  bytes: number;
  localOffset: number;
  madeBy: number;
  internalAttributes: number;
  externalAttributes: number;
  /** Without the zip64 field. */
  extra: Buffer;
  comment: Buffer;
}

export interface ZipLimits {
  maxEntries: number;
  maxUncompressedBytes: number;
}

/** Far above any real save (a big one has some thousand entries and a few GB). */
export const DEFAULT_ZIP_LIMITS: ZipLimits = { maxEntries: 200_000, maxUncompressedBytes: 64 * 1024 ** 3 };
