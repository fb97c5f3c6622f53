/** Waiting for a condition, for tests that watch other processes. */

/**
 * Waits until a condition holds.
 * @param condition asked again and again; one that throws does not hold yet
 * @param what for the error text
 * @param limit milliseconds; generous, since it is only spent where something is wrong
 * @returns what the condition returned
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  what: string,
  limit = 30_000,
): Promise<NonNullable<Value>> {
  const end = performance.now() + limit;
  for (let cause: unknown;;) {
    try {
      const value = await condition();
      if (value) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`not within ${limit} ms: ${what}`, { cause });
    await pause(20);
  }
}

/** Resolves after so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
