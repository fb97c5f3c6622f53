/** Text of others, made fit for a terminal. */

/**
 * What comes from a server may hold control characters, which a terminal would obey.
 * @param text of somebody else
 * @returns it on one line, without them
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

/**
 * The same for a text of more than one line.
 * @param text of somebody else
 * @returns it with its lines and tabs, but without any other control characters
 */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map((line) => line.split("\t").map(printable).join("\t")).join("\n");
}
