/** Says in words what kept us from a server. */
import { UserError } from "../errors.ts";
import type { Sdk } from "./sdk.ts";

/** Characters of an HTTP server's own words that are shown. */
const maximumAnswer = 200;

/**
 * The text of a failure to connect or to go on, for `last_error`.
 * @param error whatever was thrown
 * @param sdk for telling its errors apart, once it is loaded
 * @returns a sentence or two; secrets are not taken out yet
 */
export function failureText(error: unknown, sdk?: Sdk): string {
  if (error instanceof UserError) return [error.message, error.next].filter(Boolean).join(" ");
  const status = httpStatus(error, sdk);
  if (status === 401 || status === 403) {
    return `The server ${
      status === 401 ? "asks for authentication" : "denies access"
    } (HTTP ${status}). ` +
      "Set a header that it accepts, such as Authorization, in `headers` of its config.";
  }
  if (status !== undefined) {
    const { text } = ((error as { data?: unknown }).data ?? {}) as { text?: unknown };
    const answer = typeof text === "string" ? text.trim().slice(0, maximumAnswer) : "";
    return answer === "" ? `HTTP ${status}` : `HTTP ${status}, ${answer}`;
  }
  if (!(error instanceof Error)) return String(error);
  // fetch keeps the reason one or two causes down: "connection refused", "certificate has expired" …
  const causes: string[] = [];
  for (
    let cause: unknown = error;
    cause instanceof Error && causes.length < 3;
    cause = cause.cause
  ) {
    if (!causes.some((text) => text.includes(cause.message))) causes.push(cause.message);
  }
  return causes.join(": ");
}

/**
 * The HTTP status by which a server refused a request.
 * @returns undefined if the error is of another kind
 */
export function httpStatus(error: unknown, sdk?: Sdk): number | undefined {
  if (sdk === undefined) return undefined;
  if (error instanceof sdk.SdkHttpError) return error.status;
  return error instanceof sdk.SseError ? error.code : undefined;
}
