/**
 * The session of a client of the 2025 era (MCP 2025-11-25, basic/transports, "Session Management"). To the client it lasts
 * as long as the bridge; behind it, each life of the core has one of its own, opened with what the client said at first.
 */
import type { CoreTransport } from "../client/connect.ts";
import { UserError } from "../errors.ts";
import { logger } from "../log.ts";
import { pause } from "../waiting.ts";
import type { CoreLink } from "./core_link.ts";
import { type CoreMessage, exchange, type Outcome } from "./exchange.ts";
import { isObject } from "../json_object.ts";
import type { Output } from "./output.ts";

/** The session. */
export interface Session {
  /** Its id at the core; null if there is none. */
  id(): string | null;
  /** By which a message belongs to it. */
  headers(): Record<string, string>;
  /**
   * Opens it at a core.
   * @param request the client's `initialize`
   * @param onMessage hears the answer
   * @returns how it went
   */
  open(
    transport: CoreTransport,
    request: string,
    signal: AbortSignal,
    onMessage: (message: CoreMessage) => Promise<void>,
  ): Promise<Outcome>;
  /**
   * Opens it anew, unless that has been done since.
   * @param stale the id that the core does not know
   * @throws {UserError} if the core does not let us
   */
  renew(stale: string): Promise<void>;
  /** Hands on what the core says unasked, over all its lives, until `signal` is aborted. */
  follow(signal: AbortSignal): Promise<void>;
  /** Ends it at the core. */
  end(signal: AbortSignal): Promise<void>;
}

const log = logger("bridge");
const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
const shortestPauseMs = 50;
const longestPauseMs = 5_000;
const notFound = 404;
const notAllowed = 405;

/**
 * Makes the session; it is not open.
 * @param path of the MCP endpoint
 * @param link to the core
 * @param output to the client
 */
export function createSession(path: string, link: CoreLink, output: Output): Session {
  let request: string | null = null;
  let id: string | null = null;
  let revision: string | null = null;
  let renewing: Promise<void> | null = null;

  async function open(
    transport: CoreTransport,
    text: string,
    signal: AbortSignal,
    onMessage: (message: CoreMessage) => Promise<void>,
  ): Promise<Outcome> {
    let given: string | null = null;
    return await exchange(transport, path, {
      method: "POST",
      headers: {},
      body: text,
      signal,
      onResponse: (headers) => given = headers.get("mcp-session-id"),
      async onMessage(message) {
        const { result } = message.value;
        if (isObject(result)) {
          [request, id] = [text, given];
          revision = typeof result.protocolVersion === "string" ? result.protocolVersion : null;
        }
        await onMessage(message);
      },
    });
  }

  function headers(): Record<string, string> {
    return {
      ...id === null ? {} : { "mcp-session-id": id },
      ...revision === null ? {} : { "mcp-protocol-version": revision },
    };
  }

  async function renewNow(): Promise<void> {
    const transport = await link.get();
    const signal = new AbortController().signal;
    let capabilities: unknown;
    const outcome = await open(transport, request!, signal, ({ value: { result } }) => {
      if (isObject(result)) capabilities = result.capabilities;
      return Promise.resolve();
    });
    if (!isObject(capabilities)) throw notRenewed(outcome);
    await exchange(transport, path, {
      method: "POST",
      headers: headers(),
      body: initialized,
      signal,
      onMessage: () => Promise.resolve(),
    });
    log.info("the core was restarted; the client's session is open again");
    // What it offers now need not be what it offered.
    for (const [feature, offered] of Object.entries(capabilities)) {
      if (!isObject(offered) || offered.listChanged !== true) continue;
      const method = `notifications/${feature}/list_changed`;
      await output.write(JSON.stringify({ jsonrpc: "2.0", method }));
    }
  }

  async function renew(stale: string): Promise<void> {
    if (id !== stale) return;
    renewing ??= renewNow().finally(() => renewing = null);
    await renewing;
  }

  /** @returns whether it is worth another try */
  async function followOnce(signal: AbortSignal, onMessage: () => void): Promise<boolean> {
    const transport = await link.waitFor(signal);
    const followed = id;
    const outcome = await exchange(transport, path, {
      method: "GET",
      headers: headers(),
      signal,
      async onMessage({ text }) {
        onMessage();
        await output.write(text);
      },
    });
    if (outcome.kind === "undelivered" || outcome.kind === "broken") link.drop(transport);
    // It ended in order, as when the core is told to stop; it may still answer for a moment.
    if (outcome.kind !== "refused") return true;
    if (outcome.status === notAllowed) return false;
    if (outcome.status === notFound && followed !== null) await renew(followed);
    return true;
  }

  return {
    id: () => id,
    headers,
    open,
    renew,
    async follow(signal) {
      let pauseMs = shortestPauseMs;
      while (!signal.aborted) {
        try {
          if (!await followOnce(signal, () => pauseMs = shortestPauseMs)) return;
        } catch (error) {
          if (signal.aborted) return;
          log.warn("notifications of the core do not come through: {error}", { error });
        }
        await pause(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    },
    async end(signal) {
      const transport = link.current();
      if (transport === null || id === null) return;
      const onMessage = () => Promise.resolve();
      await exchange(transport, path, { method: "DELETE", headers: headers(), signal, onMessage });
    },
  };
}

function notRenewed(outcome: Outcome): UserError {
  const why = outcome.kind === "refused"
    ? `HTTP status ${outcome.status}`
    : outcome.kind === "broken"
    ? outcome.why
    : "it gave no result";
  return new UserError(`The core was restarted, and does not open a session: ${why}`, {
    next: "Try again.",
  });
}
