/** Reads the JSON body of a request within bounds. */
import { errorResponse } from "./responses.ts";

/** Largest body that is read, in bytes. */
export const bodyLimit = 16 * 1024 * 1024;
/** Deepest nesting that is parsed: JSON.parse takes seconds for megabytes of brackets. */
const nestingLimit = 512;

/**
 * Reads and parses the body of a POST, reading no more than the limit, whatever its length claims to be.
 * @param request with a body not yet read
 * @returns the parsed body, or the answer to give instead (400, 413)
 */
export async function readJson(request: Request): Promise<{ body: unknown } | Response> {
  const text = await readText(request);
  if (text === undefined) {
    return errorResponse(413, -32000, `The request body is larger than ${bodyLimit} bytes`);
  }
  if (isNestedBeyond(text, nestingLimit)) {
    return errorResponse(
      400,
      -32600,
      `The request body is nested deeper than ${nestingLimit} levels`,
    );
  }
  try {
    return { body: JSON.parse(text) };
  } catch {
    return errorResponse(400, -32700, "Parse error: the request body is not valid JSON");
  }
}

/** The body as text; undefined if it is too large. A body that breaks off is an empty one: it parses to nothing. */
async function readText(request: Request): Promise<string | undefined> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > bodyLimit) return undefined;
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  try {
    // HTTP lets no more come than was announced, and to read it at once takes half as long.
    if (announced !== null) return await request.text();
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > bodyLimit) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    return "";
  }
  return text + decoder.decode();
}

function isNestedBeyond(text: string, limit: number): boolean {
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
