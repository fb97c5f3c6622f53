/**
 * Makes the answers. Hono's own `c.json` and `c.header` collect headers in a `Headers` object, from which Deno takes twice
 * as long to make a Response as from a plain record.
 */
import type { Context, TypedResponse } from "hono";
import { routePath } from "hono/route";
import type { StatusCode } from "hono/utils/http-status";
import type { JSONParsed } from "hono/utils/types";
import type { AppEnvironment } from "./environment.ts";
import type { Visit } from "./visit.ts";

/** An answer of which the route contracts know the type of its JSON. */
export type JsonResponse<Body, Status extends StatusCode> = Response & TypedJson<Body, Status>;

/** What an answer is made in: Hono's context of a request, or for one that no router saw just the visit. */
export type Answering = Context<AppEnvironment> | { env: Visit; req?: undefined };

type TypedJson<Body, Status extends StatusCode> = TypedResponse<JSONParsed<Body>, Status, "json">;

/**
 * Answers with any body.
 * @param c the context of the request
 * @param body the body; null for none
 * @param status the status code
 * @param headers headers beside the common ones
 * @returns the answer
 */
export function respond(
  c: Answering,
  body: BodyInit | null,
  status: StatusCode,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, { status, headers: { ...headersOf(c), ...headers } });
}

/**
 * Answers with server-sent events.
 * @param c the context of the request
 * @param open opens the stream; not called for HEAD, which gets the same headers
 * @returns the answer
 */
export function respondEvents(
  c: Context<AppEnvironment>,
  open: () => ReadableStream<Uint8Array>,
): Response {
  return respond(c, c.req.method === "HEAD" ? null : open(), 200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    // A reverse proxy (nginx) must not hold events back.
    "X-Accel-Buffering": "no",
  });
}

/**
 * Answers with text.
 * @param c the context of the request
 * @param text the body
 * @param contentType its type, with the charset
 * @returns the answer
 */
export function respondText(
  c: Answering,
  text: string,
  contentType: string,
): Response & TypedResponse<string, 200, "text"> {
  const response = respond(c, text, 200, { "Content-Type": contentType });
  return response as Response & TypedResponse<string, 200, "text">;
}

/**
 * Answers with JSON, not checked against the contract at run time: the types do that.
 * @param c the context of the request
 * @param body what becomes JSON
 * @param status the status code
 * @returns the answer
 */
export function respondJson<Body, Status extends StatusCode>(
  c: Answering,
  body: Body,
  status: Status,
): JsonResponse<Body, Status> {
  return jsonOf(c, body, status) as JsonResponse<Body, Status>;
}

type SuccessBody<Data> = { success: true; data: Data };

/**
 * Answers with the success envelope.
 * @param c the context of the request
 * @param data what the client asked for
 * @returns `{"success":true,"data":…}`
 */
export function respondSuccess<Data>(
  c: Answering,
  data: Data,
): JsonResponse<SuccessBody<Data>, 200> {
  return respondJson<SuccessBody<Data>, 200>(c, { success: true, data }, 200);
}

/**
 * Answers with the error envelope.
 * @param c the context of the request
 * @param status the status code
 * @param message shown to the client as it is
 * @param headers headers beside the common ones
 * @returns `{"success":false,"error":"…","request_id":"…"}`
 */
export function respondError(
  c: Answering,
  status: StatusCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { requestId } = c.env;
  const body = { success: false, error: message, request_id: requestId };
  return jsonOf(c, body, status, { "X-Request-Id": requestId, ...headers });
}

/**
 * Puts the common headers on an answer that was made elsewhere in this process: those of one that came from a fetch cannot
 * be changed.
 * @param c the context of the request
 * @param response the answer
 * @returns the same answer
 */
export function withCommonHeaders(c: Answering, response: Response): Response {
  for (const [name, value] of Object.entries(headersOf(c))) response.headers.set(name, value);
  return response;
}

function jsonOf(
  c: Answering,
  body: unknown,
  status: StatusCode,
  headers?: Readonly<Record<string, string>>,
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headersOf(c), "Content-Type": "application/json", ...headers },
  });
}

/** The common headers; every answer is made with them, so this is also where it is noted which route gave it. */
function headersOf(c: Answering): Readonly<Record<string, string>> {
  if (c.req) {
    const pattern = routePath(c, -1);
    // Where no route matched, the last to match was a middleware.
    c.env.route = pattern.endsWith("*") ? "none" : pattern;
  }
  return c.env.commonHeaders;
}
