/** A Factorio version; `build` is the fourth number of map versions (2.0.77-0). */
export interface GameVersion {
  major: number;
  minor: number;
  patch: number;
  build: number;
}

/** The game's lenient rule (facts §8): `major.minor[.patch]`, the rest is ignored, parts up to 65535. */
export function parseGameVersion(text: string): GameVersion | undefined {
  const match = /^\s*(\d+)\.\s*(\d+)(?:\.\s*(\d+))?/.exec(text);
  if (!match) return undefined;
  const version = {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3] ?? 0),
    build: 0,
  };
  return Math.max(version.major, version.minor, version.patch) <= 0xffff ? version : undefined;
}

export function compareGameVersions(a: GameVersion, b: GameVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || a.build - b.build;
}

export function formatGameVersion(version: GameVersion): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}

/** `2.0.77-0`, the form in which the game names versions of maps. */
export function formatMapVersion(version: GameVersion): string {
  return `${formatGameVersion(version)}-${version.build}`;
}

/** The four 16-bit numbers that begin level.dat, level-init.dat and script.dat (facts §6.2). */
export function readVersionBytes(bytes: Buffer): GameVersion | undefined {
  if (bytes.length < 8) return undefined;
  const [major, minor, patch, build] = [0, 2, 4, 6].map((at) => bytes.readUInt16LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return { major, minor, patch, build };
}

export function versionBytes(version: GameVersion): Buffer {
  const bytes = Buffer.alloc(8);
  [version.major, version.minor, version.patch, version.build].forEach((part, index) =>
    bytes.writeUInt16LE(part, index * 2),
  );
  return bytes;
}
