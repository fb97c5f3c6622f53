/** Reads a body within bounds and looks at it before any schema does: broken or absurdly nested ones end here. */
import type { MiddlewareHandler } from "hono";
import type { ParseError } from "jsonc-parser";
import { isNestedBeyond } from "../../json_nesting.ts";
import type { AppEnvironment } from "../environment.ts";
import { RequestError } from "../errors.ts";

/** Far beyond what any route takes, far below what overflows a stack. */
const MAX_DEPTH = 64;

/**
 * Refuses a body that is too large, breaks off, is not JSON though it says so, or is nested deeper than 64 levels. The
 * body's own text is never repeated, only the place of the fault: it may hold secrets.
 * @param limit how many bytes a body may have
 * @returns the middleware, for methods that bring a body; throws a {@linkcode RequestError} of status 400 or 413
 *
 * @example
 * ```ts
 * app.on(["POST", "PATCH"], "/api/*", jsonBody(1024 * 1024));
 * ```
 */
export function jsonBody(limit: number): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const text = await readText(c.req.raw, limit);
    if (/\bjson\b/i.test(c.req.raw.headers.get("content-type") ?? "")) await checkJson(text);
    const { url, method, headers } = c.req.raw;
    // What comes after finds the body unread. Bytes, since text would bring a content type of its own.
    c.req.raw = new Request(url, { method, headers, body: new TextEncoder().encode(text) });
    return next();
  };
}

async function readText(request: Request, limit: number): Promise<string> {
  const tooLarge = new RequestError(413, `the body is larger than ${limit} bytes`);
  if (Number(request.headers.get("content-length")) > limit) throw tooLarge;
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > limit) throw tooLarge;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    if (error === tooLarge) throw error;
    throw new RequestError(400, "the body breaks off", { cause: error });
  }
  return text + decoder.decode();
}

async function checkJson(text: string): Promise<void> {
  if (text === "") return;
  if (isNestedBeyond(text, MAX_DEPTH)) {
    throw new RequestError(400, `the body is nested deeper than ${MAX_DEPTH} levels`);
  }
  try {
    JSON.parse(text);
  } catch {
    throw new RequestError(400, `the body is not valid JSON${await placeOfFault(text)}`);
  }
}

/** V8's own messages quote the text and often leave the place out. Loaded only when there is a fault to find. */
async function placeOfFault(text: string): Promise<string> {
  const { parse } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true });
  const offset = errors[0]?.offset;
  if (offset === undefined) return "";
  const before = text.slice(0, offset).split("\n");
  return `: line ${before.length}, column ${before.at(-1)!.length + 1}`;
}
