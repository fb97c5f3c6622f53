/** Carries the client's requests to the core and the answers back, each by itself, over restarts of the core. */
import type { CoreTransport } from "../client/connect.ts";
import { messageOf, sentence, UserError } from "../errors.ts";
import { pause } from "../waiting.ts";
import type { CoreLink } from "./core_link.ts";
import { type CoreMessage, exchange, type Outcome } from "./exchange.ts";
import { type ClientRequest, errorLine, type MessageId, refusalLine } from "./message.ts";
import type { Output } from "./output.ts";
import { modernHeaders, modernRevision } from "./revision.ts";
import type { Session } from "./session.ts";
import { Slots } from "./slots.ts";

/** Requests that are under way. */
export interface Calls {
  /**
   * Carries a request, up to its answer. Never rejects: what goes wrong is the answer.
   * @param request of the client
   * @param after waits for this first
   */
  carry(request: ClientRequest, after: Promise<unknown>): Promise<void>;
  /**
   * Gives a request up.
   * @param id of the request
   * @returns `ended`: nothing more is to be done; `sent`: the core has it, and must be told as one tells it in the 2025
   *   era; `unknown`: there is no such request
   */
  cancel(id: unknown): Promise<"ended" | "sent" | "unknown">;
  /** How many bytes of requests are held. */
  size(): number;
}

interface Call {
  isModern: boolean;
  abort: AbortController;
  /** The client wants no answer any more. */
  isCancelled: boolean;
  /** Resolves once the core has it; with false if it ended before. */
  sent: PromiseWithResolvers<boolean>;
}

/** A request has a connection of its own. */
const mostAtOnce = 1_000;
/** How often a request that was not carried out is sent, before it is given up. */
const mostTries = 8;
/** How long a core that says it has no room, or is going, is asked again, in milliseconds. */
const unavailableMs = 10_000;
const unavailablePauseMs = 200;
const notFound = 404;
const unavailable = 503;

/** What may be done twice. */
const repeatable = new Set(["initialize", "ping", "server/discover"]);
const isRepeatable = (method: string) => repeatable.has(method) || method.endsWith("/list");

/**
 * Makes what carries the requests.
 * @param path of the MCP endpoint
 * @param link to the core
 * @param session of a client of the 2025 era
 * @param output to the client
 * @param end ends all of them, without an answer
 */
export function createCalls(
  path: string,
  link: CoreLink,
  session: Session,
  output: Output,
  end: AbortSignal,
): Calls {
  const calls = new Map<MessageId, Call>();
  const slots = new Slots(mostAtOnce);
  let size = 0;

  async function send(
    transport: CoreTransport,
    request: ClientRequest,
    call: Call,
    onMessage: (message: CoreMessage) => Promise<void>,
  ): Promise<Outcome> {
    const { signal } = call.abort;
    if (request.method === "initialize" && !call.isModern) {
      return await session.open(transport, request.text, signal, onMessage);
    }
    const revision = modernRevision(request);
    return await exchange(transport, path, {
      method: "POST",
      headers: revision === null ? session.headers() : modernHeaders(request, revision),
      body: request.text,
      signal,
      onResponse: () => call.sent.resolve(true),
      onMessage,
    });
  }

  /** @returns what remains to be said to the client; null if it has its answer */
  async function attempt(request: ClientRequest, call: Call): Promise<string | null> {
    const begin = performance.now();
    let mayRepeat = isRepeatable(request.method);
    for (let tries = 1;; tries++) {
      const transport = await link.get();
      const sessionId = call.isModern || request.method === "initialize" ? null : session.id();
      call.abort.signal.throwIfAborted();
      if (call.isCancelled) return null; // nor need the core hear of it
      let answered = false;
      const outcome = await send(transport, request, call, async ({ text, value }) => {
        answered ||= value.id === request.id && ("result" in value || "error" in value);
        await output.write(text);
      });
      if (answered) return null;
      if (call.isCancelled) return null; // in the 2025 era its stream ends without an answer
      switch (outcome.kind) {
        case "undelivered":
          link.drop(transport);
          if (tries < mostTries) continue;
          return errorLine(request.id, "mcpproxy cannot be reached; the request was not sent");
        case "refused":
          if (outcome.status === notFound && sessionId !== null && tries < mostTries) {
            await session.renew(sessionId);
            continue;
          }
          if (outcome.status === unavailable && performance.now() - begin < unavailableMs) {
            await pause(unavailablePauseMs, call.abort.signal);
            continue;
          }
          return refusalLine(request.id, outcome.status, outcome.text);
        case "read":
        case "broken":
          link.drop(transport);
          if (!mayRepeat) return errorLine(request.id, lost(request.method));
          mayRepeat = false;
      }
    }
  }

  return {
    size: () => size,
    async carry(request, after) {
      const call: Call = {
        isModern: modernRevision(request) !== null,
        abort: new AbortController(),
        isCancelled: false,
        sent: Promise.withResolvers(),
      };
      const stop = () => call.abort.abort(end.reason);
      end.addEventListener("abort", stop, { once: true });
      calls.set(request.id, call);
      size += request.text.length;
      await slots.take();
      try {
        await after;
        call.abort.signal.throwIfAborted();
        const last = await attempt(request, call);
        if (last !== null) await output.write(last);
      } catch (error) {
        if (!call.abort.signal.aborted) {
          await output.write(errorLine(request.id, describe(error)));
        }
      } finally {
        slots.give();
        end.removeEventListener("abort", stop);
        call.sent.resolve(false);
        size -= request.text.length;
        if (calls.get(request.id) === call) calls.delete(request.id);
      }
    },
    async cancel(id) {
      const call = calls.get(id as MessageId);
      if (call === undefined) return "unknown";
      call.isCancelled = true;
      if (call.isModern) {
        // In this era it is cancelled by the end of its connection.
        call.abort.abort();
        return "ended";
      }
      return await call.sent.promise ? "sent" : "ended";
    },
  };
}

function lost(method: string): string {
  return `The mcpproxy core went away while "${method}" was under way. It may have been carried out, so it was not repeated; ` +
    "look whether it was before you try again.";
}

/**
 * What went wrong, for whoever reads the client's log.
 * @param error what was thrown
 * @returns its message, and what to do next
 */
export function describe(error: unknown): string {
  const message = messageOf(error);
  const next = error instanceof UserError ? error.next : undefined;
  return next ? `${sentence(message)} ${next}` : message;
}
