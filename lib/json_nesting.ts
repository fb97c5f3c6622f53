/** How deep JSON is nested, seen before it is parsed: to parse and write megabytes of brackets takes seconds. */

/** Deepest nesting of an MCP message that is handed on; those seen in practice have a few dozen levels. */
export const messageNesting = 512;

/**
 * Looks for nesting beyond a limit, without parsing.
 * @param text JSON, or what claims to be
 * @param limit how many brackets may be open at once; those within strings do not count
 * @returns whether there are more. Always false for a text too short to close so many, which is no JSON then
 */
export function isNestedBeyond(text: string, limit: number): boolean {
  if (text.length <= 2 * limit) return false;
  let depth = 0;
  for (let n = 0; n < text.length; n++) {
    switch (text[n]) {
      case "[":
      case "{":
        if (++depth > limit) return true;
        break;
      case "]":
      case "}":
        depth--;
        break;
      case '"':
        n = endOfString(text, n);
    }
  }
  return false;
}

/** The position of the quote that ends the string which begins at `start`; the end of the text if there is none. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text[position - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}
