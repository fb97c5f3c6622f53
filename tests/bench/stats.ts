/** The few statistics that the benchmark needs. */

/**
 * A quantile, by the nearest rank.
 * @param values at least one, in any order
 * @param fraction from 0 to 1; 0.5 is the median
 */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))];
  if (value === undefined) throw new Error("there is no quantile of nothing");
  return value;
}

/** The median. @param values at least one, in any order */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Runs every function once a round, in turn, so that what disturbs the machine for a while disturbs all of them alike.
 * @param rounds how many rounds
 * @param measures what to run, by name
 * @returns what each gave, round by round
 */
export async function interleave<Name extends string, Result>(
  rounds: number,
  measures: Record<Name, () => Promise<Result>>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(measures) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<
    Name,
    Result[]
  >;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(await measures[name]());
  }
  return results;
}
