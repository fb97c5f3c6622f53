/** How long to wait before the next try. */

const firstCeiling = 1_000;
const lastCeiling = 300_000;

/**
 * The wait after a failure: exponential backoff with full jitter, so that many upstreams that fail together do not return
 * together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * @param failures how many tries in a row have failed, 1 or more
 * @param random a number from 0 up to 1, not included
 * @returns milliseconds, from 0 up to 1 s after the first failure, doubling up to 5 min
 */
export function retryDelay(failures: number, random: number): number {
  return random * Math.min(lastCeiling, firstCeiling * 2 ** Math.max(0, failures - 1));
}
