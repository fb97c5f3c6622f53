/** Follows the core's events (server-sent events), over interruptions of whatever length. */
import { UserError } from "../errors.ts";
import type { ServerSentEvent } from "../http/events/types.ts";
import { readMessages } from "./event_stream.ts";
import { ApiError, type ApiTransport, credentials, refusal, unreachable } from "./request.ts";

/** How the connection of a follower to the core is. */
export type Connectivity =
  /** The core answers; its status follows at once. */
  | { type: "connected" }
  /** The core is gone, or cannot be reached; the next try comes by itself. */
  | { type: "disconnected"; error: UserError };

/** What a follower learns: the core's events, and how the connection to it is. */
export type ApiEvent = ServerSentEvent | Connectivity;

/** What a follower of any stream learns; `data` is what the core sends under that type. */
type StreamEvent =
  | Connectivity
  | { type: string; data: unknown };

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** The core pings every 30 s: after two pings missed it hangs. */
const SILENCE_MS = 75_000;

/**
 * Follows the core's events. A connection that is lost is made anew, at first after half a second, then after ever
 * longer times up to half a minute; what was missed meanwhile is sent again by the core.
 * @param transport how requests reach the core
 * @param signal ends it
 * @returns the events, until `signal` is aborted or the loop over them is left
 * @throws {UserError} if the core refuses for good (status 4xx), as for a wrong key
 */
export function followEvents(
  transport: ApiTransport,
  signal: AbortSignal,
): AsyncGenerator<ApiEvent, void, void> {
  return followStream(transport, "/events", signal) as AsyncGenerator<ApiEvent, void, void>;
}

/**
 * Follows a stream of the core, as {@linkcode followEvents} follows its events.
 * @param transport how requests reach the core
 * @param path path and query
 * @param signal ends it
 * @returns what comes, until `signal` is aborted or the loop over it is left
 * @throws {UserError} if the core refuses for good (status 4xx)
 */
export async function* followStream(
  transport: ApiTransport,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  let lastEventId = "";
  let failures = 0;
  while (!signal.aborted) {
    const connection = new AbortController();
    const stop = AbortSignal.any([signal, connection.signal]);
    const silence = createAlarm(SILENCE_MS, () => {
      connection.abort(new UserError(`the core has been silent for ${SILENCE_MS / 1000} s`));
    });
    try {
      const body = await open(transport, path, lastEventId, stop);
      yield { type: "connected" };
      for await (const message of readMessages(body, stop, silence.restart)) {
        failures = 0;
        lastEventId = message.id;
        yield { type: message.event, data: JSON.parse(message.data) };
      }
      throw new UserError("the core ended the event stream");
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status < 500) throw error;
      yield { type: "disconnected", error: unreachable(error, transport.baseUrl) };
    } finally {
      silence.stop();
      connection.abort();
    }
    await sleep(delayAfter(failures++), signal);
  }
}

async function open(
  transport: ApiTransport,
  path: string,
  lastEventId: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const headers = { ...credentials(transport), Accept: "text/event-stream" };
  const response = await transport.fetch(new URL(path, transport.baseUrl), {
    headers: lastEventId === "" ? headers : { ...headers, "Last-Event-ID": lastEventId },
    signal,
  });
  const { status, body } = response;
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (status === 200 && isStream && body !== null) return body;
  throw refusal(status, await response.json().catch(() => undefined), transport.baseUrl);
}

/** Up to a fifth is left to chance, so that many clients of one core do not come back at the same moment. */
function delayAfter(failures: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
  return delay * (1 - Math.random() / 5);
}

/** Resolves after a time, or at once when the signal is aborted. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

/** Rings once if it is not restarted in time. */
function createAlarm(ms: number, ring: () => void): { restart(): void; stop(): void } {
  let timer = setTimeout(ring, ms);
  return {
    restart() {
      clearTimeout(timer);
      timer = setTimeout(ring, ms);
    },
    stop: () => clearTimeout(timer),
  };
}
