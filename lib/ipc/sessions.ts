/**
 * Sessions of the private channel: a verified client is handed a secret and is known by it from then on, so that the look
 * at all connections is needed once a client, not once a request. The secrets live in this process only, so they are new
 * at each start; the TCP listener never looks at them.
 */
import { equalsSecret } from "../constant_time.ts";
import { createOnceWindow } from "./once.ts";

/** The header that carries a session, both ways. */
export const sessionHeader = "x-mcpproxy-session";

/** The header in which a client says what it is: `name/version; pid=123`. A claim, for display only. */
export const clientHeader = "x-mcpproxy-client";

/**
 * The process that a client says it is.
 * @param claim what it sends in {@linkcode clientHeader}
 * @returns its process id; null if it names none
 */
export function claimedPid(claim: string | null | undefined): number | null {
  const pid = /\bpid=([1-9][0-9]{0,9})\b/.exec(claim ?? "")?.[1];
  return pid === undefined ? null : Number(pid);
}

/** What a client that has no session yet sends in {@linkcode sessionHeader}; an unknown one is answered alike. */
export const sessionWanted = "new";

/** One client that has been verified. */
export interface Session {
  /** Process id of the client, where it is known. */
  readonly pid: number | null;
  /** ISO 8601 */
  readonly since: string;
  /** Requests that came with this session. */
  requests: number;
  /** Whether a request's number has not come before, see {@linkcode createOnceWindow}. */
  isFirst(number: string): boolean;
}

/** The sessions of one core. */
export interface Sessions {
  /** Begins a session. @returns the secret, for the response header */
  issue(pid: number | null): string;
  /** The session that a header value stands for, or undefined. Takes the same time for each wrong secret. */
  find(value: string): Session | undefined;
  /** All sessions, oldest first. */
  all(): Iterable<Session>;
}

const secretBytes = 32;

/**
 * Makes an empty set of sessions.
 * @param limit how many are kept; beyond it the oldest ends, and its client is verified anew
 * @returns the sessions
 */
export function createSessions(limit = 4096): Sessions {
  const sessions = new Map<string, Session & { secret: string }>();
  let count = 0;
  return {
    issue(pid) {
      const secret = crypto.getRandomValues(new Uint8Array(secretBytes)).toHex();
      const id = String(++count);
      const since = new Date().toISOString();
      sessions.set(id, { pid, since, requests: 0, isFirst: createOnceWindow(), secret });
      const oldest = sessions.size > limit ? sessions.keys().next().value : undefined;
      if (oldest !== undefined) sessions.delete(oldest);
      return `${id}.${secret}`;
    },
    find(value) {
      const divider = value.indexOf(".");
      const session = sessions.get(value.slice(0, divider));
      return session && equalsSecret(value.slice(divider + 1), session.secret)
        ? session
        : undefined;
    },
    all: () => sessions.values(),
  };
}
