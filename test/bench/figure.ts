/** What one figure measured. */
export interface Measurement {
  name: string;
  unit: string;
  samples: number[];
}

/** Something that can be measured by itself with `npm run bench -- --only <name>`. */
export interface Figure {
  readonly name: string;
  readonly about: string;
  /** One or more measurements; each has at least 3 samples. */
  measure(): Promise<Measurement[]>;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** Runs it `times` times after one run that does not count. */
export async function repeat(times: number, run: (round: number) => Promise<number>): Promise<number[]> {
  await run(-1);
  const samples: number[] = [];
  for (let round = 0; round < times; round += 1) samples.push(await run(round));
  return samples;
}
