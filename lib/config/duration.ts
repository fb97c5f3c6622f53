/** Durations as the Go program writes them. */

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const WHOLE = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** What a timer can wait at most (a signed 32-bit number of milliseconds); a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Reads a duration by the grammar of Go's `time.ParseDuration` (https://pkg.go.dev/time#ParseDuration).
 * @param text such as "2m", "1m30s", "1.5h", "500ms" or "0"
 * @returns milliseconds, at most 2^31 − 1 (24.8 days); undefined if the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (text.length > 100 || !WHOLE.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(PART)) {
    milliseconds += Number(amount) * UNITS[unit!]!;
  }
  const limited = Math.min(milliseconds, LONGEST);
  return text.startsWith("-") ? -limited : limited;
}
