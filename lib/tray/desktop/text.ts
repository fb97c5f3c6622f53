/** Makes text fit for D-Bus and for the desktop. */

/**
 * One line of text that every D-Bus message can carry and that plays no tricks on who reads it: well-formed, without
 * control characters (NUL is forbidden on the bus) and without marks that turn the direction of writing.
 * @param text anything
 * @param limit characters at most; what is longer ends in an ellipsis
 */
export function oneLine(text: string, limit: number): string {
  return shortened(plain(roughly(text, limit)).replace(/\s+/gu, " ").trim(), limit);
}

/**
 * As {@linkcode oneLine}, but line breaks stay.
 * @param text anything
 * @param limit characters at most
 */
export function lines(text: string, limit: number): string {
  const all = roughly(text, limit).split(/\r\n|[\n\r]/u);
  return shortened(all.map(plain).join("\n").trim(), limit);
}

/** Cut before any work is done on it, but to no less than can be shown. */
function roughly(text: string, limit: number): string {
  return text.slice(0, 4 * limit);
}

function plain(text: string): string {
  return text.toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

function shortened(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}
