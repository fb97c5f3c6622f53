/** Reads the JSON body of a request within bounds. */
import { isNestedBeyond, messageNesting } from "../json_nesting.ts";
import { errorResponse } from "./responses.ts";

/** Largest body that is read, in bytes. */
export const bodyLimit = 16 * 1024 * 1024;

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
  if (isNestedBeyond(text, messageNesting)) {
    return errorResponse(
      400,
      -32600,
      `The request body is nested deeper than ${messageNesting} levels`,
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
