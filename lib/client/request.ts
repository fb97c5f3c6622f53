/** What every request to the core has in common: the way it goes, and what its failure means. */
import { messageOf, UserError } from "../errors.ts";

/** How requests reach the core. */
export interface ApiTransport {
  /** `http://127.0.0.1:8080`; over the private channel only the path counts: `http://localhost`. */
  baseUrl: string;
  fetch: typeof fetch;
  /** Sent with each request; not needed on the private channel. */
  apiKey?: string;
}

/** The core refused a request, or failed at it. */
export class ApiError extends UserError {
  override readonly name = "ApiError";
  /** The HTTP status. */
  readonly status: number;

  /** @param status the HTTP status @param message what the core said @param requestId names the request in its log */
  constructor(status: number, message: string, requestId: string) {
    super(
      message,
      status < 500 ? {} : { next: `The core's log tells more about request ${requestId}.` },
    );
    this.status = status;
  }
}

/**
 * The headers by which a request proves that it may.
 * @param transport how requests reach the core
 * @returns the headers; none on the private channel
 */
export function credentials({ apiKey }: ApiTransport): Record<string, string> {
  return apiKey === undefined ? {} : { "X-API-Key": apiKey };
}

/**
 * What it means that a request got no answer.
 * @param error what `fetch` threw
 * @param baseUrl where the request went
 * @returns an error for a person; one that is already for a person stays as it is
 */
export function unreachable(error: unknown, baseUrl: string): UserError {
  if (error instanceof UserError) return error;
  return new UserError(`mcpproxy cannot be reached at ${baseUrl}: ${messageOf(error)}`, {
    next: "Start it: mcpproxy serve",
    cause: error,
  });
}

/**
 * What it means that the core did not answer with success.
 * @param status the HTTP status
 * @param body the body, read as JSON; undefined if it was none
 * @param baseUrl where the request went
 * @returns an {@linkcode ApiError}, or another error if the answer is not one of ours
 */
export function refusal(status: number, body: unknown, baseUrl: string): UserError {
  if (isErrorBody(body)) return new ApiError(status, body.error, body.request_id);
  return new UserError(`what answers at ${baseUrl} is not mcpproxy (status ${status})`, {
    next: "Look for another program on that port.",
  });
}

/** The private channel's own refusals have no request id. */
function isErrorBody(body: unknown): body is { error: string; request_id: string } {
  return typeof body === "object" && body !== null && "success" in body && body.success === false &&
    "error" in body && typeof body.error === "string";
}
