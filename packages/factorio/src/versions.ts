/** A version of the game, a mod or a save. `build` is the fourth number of a save's header. */
export interface GameVersion {
  major: number;
  minor: number;
  patch: number;
  build?: number;
}

const PATTERN = /^\s*(\d+)\.\s*(\d+)(?:\.\s*(\d+))?(?:-(\d+))?/;
const MAX_PART = 65535;

/**
 * The game's own lenient rule: two or three numbers of at most 65535, whatever follows is ignored ("2.0", "1.02.3", "2.0.77-1").
 * Undefined when the text does not start with a version.
 */
export function parseGameVersion(text: string): GameVersion | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (major > MAX_PART || minor > MAX_PART || patch > MAX_PART) return undefined;
  const version: GameVersion = { major, minor, patch };
  if (match[4] !== undefined && Number(match[4]) <= MAX_PART) version.build = Number(match[4]);
  return version;
}

/** Negative when a is older; `build` is not compared, the game treats it as the same version. */
export function compareGameVersions(a: GameVersion, b: GameVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** "2.0.77": without the build, as the game names its installs and mods. */
export function formatGameVersion(version: GameVersion): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}
