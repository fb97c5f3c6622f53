/** Makes text that a server wrote fit to be shown. */
import { stripVTControlCharacters } from "node:util";

/**
 * One line of text that cannot play tricks on a terminal or a page: without ANSI sequences, control characters and
 * marks that turn the direction of writing, and not longer than a limit.
 * @param text anything
 * @param limit characters at most
 * @param redact takes secrets out; it sees the text before it is cut, so that no half of one is left at the end
 */
export function plainLine(text: string, limit: number, redact: (text: string) => string): string {
  // Cut roughly first: the work on a hostile line stays small.
  const plain = stripVTControlCharacters(text.slice(0, 4 * limit))
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trimEnd();
  const shown = redact(plain);
  return shown.length > limit ? `${shown.slice(0, limit)} …` : shown;
}
