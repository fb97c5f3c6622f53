/** Names each request, so that an answer and a log line can be brought together. */

const ACCEPTED = /^[a-zA-Z0-9_-]{1,256}$/;

/**
 * Takes the client's `X-Request-Id` if it is of the form `[a-zA-Z0-9_-]{1,256}`, else makes one.
 * @param headers the request's
 * @returns the id
 */
export function requestIdOf(headers: Headers): string {
  const claimed = headers.get("x-request-id");
  return claimed !== null && ACCEPTED.test(claimed) ? claimed : nextUuid();
}

/** 74 random bits, drawn once, in the form of a UUID (version 4, RFC 9562); the last 12 digits count the requests. */
const prefix = crypto.randomUUID().slice(0, 24);
let count = 0;

/** Unique, which is all that an id has to be: to draw 122 random bits for each costs a tenth of a request. */
function nextUuid(): string {
  return prefix + (++count).toString(16).padStart(12, "0");
}
