/**
 * What a module asks of another's version. Comparators separated by spaces, which must all hold:
 *
 *     *                 any version
 *     1.2.3   =1.2.3    exactly this one
 *     1.2     =1.2      any 1.2.x; 1 is any 1.x.x
 *     >=1.2   >  <=  <  missing numbers are 0; a space after the sign is allowed, as in mods' info.json
 *     ^1.2.0            from there to the next number that may break: 2.0.0, and 0.3.0 for ^0.2.0
 *     ~1.2.0            from there to the next minor number
 */
export type VersionRange = readonly Comparator[];

interface Comparator {
  sign: ">=" | ">" | "<=" | "<" | "=" | "^" | "~";
  /** One to three numbers. */
  version: readonly number[];
}

const COMPARATOR = /^(>=|>|<=|<|=|\^|~)?(\d{1,9}(?:\.\d{1,9}){0,2})$/;

/** Undefined when the text is no range. */
export function parseVersionRange(text: string): VersionRange | undefined {
  const parts = text
    .trim()
    .replace(/(>=|>|<=|<|=|\^|~)\s+/g, "$1")
    .split(/\s+/);
  const comparators: Comparator[] = [];
  for (const part of parts) {
    if (part === "*") continue;
    const match = COMPARATOR.exec(part);
    if (!match) return undefined;
    comparators.push({
      sign: (match[1] ?? "=") as Comparator["sign"],
      version: (match[2] ?? "").split(".").map(Number),
    });
  }
  return comparators;
}

/** `version` is `1.2.3`; what follows the numbers does not count. */
export function isInRange(version: string, range: VersionRange): boolean {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version.trim());
  if (!match) return false;
  const actual = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  return range.every((comparator) => holds(actual, comparator));
}

function holds(actual: readonly number[], { sign, version }: Comparator): boolean {
  const order = compare(actual, version);
  switch (sign) {
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
    case "<=":
      return order <= 0;
    case "<":
      return order < 0;
    case "=":
      return agree(actual, version, version.length);
    case "~":
      return order >= 0 && agree(actual, version, Math.min(2, version.length));
    case "^": // below 1.0 the minor number is the one that breaks
      return order >= 0 && agree(actual, version, version[0] === 0 ? Math.min(2, version.length) : 1);
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < 3; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function agree(a: readonly number[], b: readonly number[], numbers: number): boolean {
  return a.slice(0, numbers).every((number, at) => number === b[at]);
}
