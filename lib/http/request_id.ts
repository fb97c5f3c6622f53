/** Names each request, so that an answer and a log line can be brought together. */

const ACCEPTED = /^[a-zA-Z0-9_-]{1,256}$/;

/**
 * The client's own `X-Request-Id`.
 * @param headers the request's
 * @returns the id if it is of the form `[a-zA-Z0-9_-]{1,256}`, else null
 */
export function claimedRequestId(headers: Headers): string | null {
  const claimed = headers.get("x-request-id");
  return claimed !== null && ACCEPTED.test(claimed) ? claimed : null;
}

/** 74 random bits, drawn once, in the form of a UUID (version 4, RFC 9562); the last 12 digits count the requests. */
const prefix = crypto.randomUUID().slice(0, 24);
let count = 0;

/**
 * Makes an id. It is unique, which is all that it has to be: to draw 122 random bits for each costs a tenth of a request.
 * @returns the id, in the form of a UUID
 */
export function newRequestId(): string {
  return prefix + (++count).toString(16).padStart(12, "0");
}
