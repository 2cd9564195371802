import { AppError } from "@switchyard/protocol";
import { NOUNS } from "./commands/index.js";

const OPTIONS_WITH_VALUE = new Set(["--output", "-o", "--context", "--timeout"]);

/** Wrong usage in one sentence, with the nearest command where a word is not one. */
export function explainUsage(argv: readonly string[], message: string): AppError {
  return new AppError("usage", { reason: unknownCommand(argv) ?? plain(argv, message) });
}

function unknownCommand(argv: readonly string[]): string | undefined {
  const [nounWord, verbWord] = wordsOf(argv);
  if (nounWord === undefined) return undefined;
  const noun = NOUNS.find(({ name }) => name === nounWord);
  if (!noun) {
    const names = NOUNS.map(({ name }) => name);
    const near = nounOfVerb(nounWord) ?? nearest(nounWord, names);
    return notACommand(nounWord, near && `switchyardctl ${near}`);
  }
  if (noun.verbs.length === 0 || (verbWord !== undefined && noun.verbs.includes(verbWord))) return undefined;
  if (verbWord === undefined) return `Say what to do: switchyardctl ${noun.name} ${noun.verbs.join(" | ")}`;
  const near = nearest(verbWord, noun.verbs);
  return notACommand(`${nounWord} ${verbWord}`, near && `switchyardctl ${noun.name} ${near}`);
}

function notACommand(words: string, near: string | undefined): string {
  const hint = near ? `did you mean: ${near}` : "see: switchyardctl --help";
  return `There is no command "${words}"; ${hint}`;
}

/** The messages of the parser, as sentences that name the command to ask for help. */
function plain(argv: readonly string[], message: string): string {
  const words = wordsOf(argv).slice(0, 2);
  const help = `see: switchyardctl ${[...words, "--help"].join(" ")}`;
  const unknown = /^Unknown arguments?: (.+)$/.exec(message);
  if (unknown) return `${unknown[1]} is not known to this command; ${help}`;
  if (/^Not enough (non-option )?arguments/.test(message))
    return `Something is missing in this command; ${help}`;
  const choice = /Argument: (\S+), Given: (.+?), Choices: (.+)$/m.exec(message);
  if (choice) return `--${choice[1]} takes ${choice[3]}, not ${choice[2]}`;
  return message.split("\n").join(" ").trim();
}

function wordsOf(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let at = 0; at < argv.length && argv[at] !== "--"; at += 1) {
    const word = argv[at] ?? "";
    if (OPTIONS_WITH_VALUE.has(word)) at += 1;
    else if (!word.startsWith("-")) words.push(word);
  }
  return words;
}

/** `switchyardctl list` and `switchyardctl start`: people who left out the noun mean instances more often than not. */
function nounOfVerb(word: string): string | undefined {
  const noun = NOUNS.find(({ verbs }) => verbs.includes(word));
  return noun && `${noun.name} ${word}`;
}

/** The candidate with the fewest slips (wrong, missing, extra or swapped letters), if it is one in three at most. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; slips: number } | undefined;
  for (const candidate of candidates) {
    const slips = word.length > 1 && candidate.startsWith(word) ? 1 : countSlips(word, candidate);
    if (slips <= Math.max(1, Math.floor(candidate.length / 3)) && slips < (best?.slips ?? Infinity))
      best = { candidate, slips };
  }
  return best?.candidate;
}

/** The edit distance in which two swapped neighbours count once (optimal string alignment). */
function countSlips(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (beforePrevious[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
