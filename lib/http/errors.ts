/** How errors become answers: the one place that decides which text of an error a client may see. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ClientErrorStatusCode } from "hono/utils/http-status";
import { messageOf, UserError, type UserErrorOptions } from "../errors.ts";
import { logger } from "../log.ts";
import type { AppEnvironment } from "./environment.ts";
import { type Answering, respondError } from "./responses.ts";

const log = logger("http");

/** What a {@linkcode RequestError} carries beside its message. */
export interface RequestErrorOptions extends UserErrorOptions {
  /** Headers of the answer. */
  headers?: Readonly<Record<string, string>>;
}

/** A request that cannot be served as it is; the client is told why, with this status. */
export class RequestError extends UserError {
  override readonly name = "RequestError";
  readonly status: ClientErrorStatusCode;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param status the 4xx status of the answer
   * @param message what is wrong with the request
   * @param options what to do next, and headers of the answer
   */
  constructor(status: ClientErrorStatusCode, message: string, options: RequestErrorOptions = {}) {
    super(message, options);
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

/**
 * Answers a request whose handler threw: errors written for a person with their own words, all others with
 * "internal error" and the request id, under which the log holds the rest.
 * @param error what was thrown
 * @param c the context of the request
 * @returns the error envelope with a 4xx or 500 status
 */
export function handleError(error: Error, c: Context<AppEnvironment>): Response {
  return answerError(error, c, c.req);
}

/**
 * The same for a request that no router saw.
 * @param error what was thrown
 * @param c in which the answer is made
 * @param request method and path, for the log
 * @returns the error envelope with a 4xx or 500 status
 */
export function answerError(
  error: unknown,
  c: Answering,
  { method, path }: { method: string; path: string },
): Response {
  if (error instanceof RequestError) {
    return respondError(c, error.status, textOf(error), error.headers);
  }
  if (error instanceof UserError) return respondError(c, 400, textOf(error));
  // The validators throw these for a body that is no JSON, or is not said to be.
  if (error instanceof HTTPException && (error.status === 400 || error.status === 415)) {
    return respondError(c, error.status, "the body must be JSON, with its type application/json");
  }
  log.error("{method} {path} failed: {message}", {
    request_id: c.env.requestId,
    method,
    path,
    message: messageOf(error),
    error,
  });
  return respondError(c, 500, "internal error");
}

/** Message and next step in one line, since the envelope has one field for both. */
function textOf({ message, next }: UserError): string {
  if (next === undefined) return message;
  return `${message}${/[.!?]$/.test(message) ? "" : "."} ${next}`;
}
