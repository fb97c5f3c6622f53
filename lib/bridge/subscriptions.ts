/**
 * Subscriptions of a client of the 2026 era (MCP 2026-07-28, basic/utilities/subscriptions). Each is a request that stays
 * open; when the core goes away it is made again with the next one, and the client is told that what it follows has changed.
 */
import { pause } from "../waiting.ts";
import { describe } from "./calls.ts";
import type { CoreLink } from "./core_link.ts";
import { type CoreMessage, exchange } from "./exchange.ts";
import { type ClientRequest, errorLine, refusalLine } from "./message.ts";
import { isObject } from "../json_object.ts";
import type { Output } from "./output.ts";
import { modernHeaders } from "./revision.ts";

/** Subscriptions that are open. */
export interface Subscriptions {
  /** Keeps one open until it is cancelled, the core refuses it, or all ends. Never rejects. */
  keep(request: ClientRequest, revision: string): Promise<void>;
  /** Ends one. @returns whether there was one of that id */
  cancel(id: unknown): boolean;
}

/** The method of the request that opens one. */
export const listenMethod = "subscriptions/listen";

const subscriptionKey = "io.modelcontextprotocol/subscriptionId";
const acknowledged = "notifications/subscriptions/acknowledged";
const shortestPauseMs = 50;
const longestPauseMs = 5_000;

/** Which notification a field of the filter asks for. */
const changes: Record<string, string> = {
  toolsListChanged: "notifications/tools/list_changed",
  promptsListChanged: "notifications/prompts/list_changed",
  resourcesListChanged: "notifications/resources/list_changed",
};

/**
 * Makes an empty set of subscriptions.
 * @param path of the MCP endpoint
 * @param link to the core
 * @param output to the client
 * @param end ends all of them, without an answer
 */
export function createSubscriptions(
  path: string,
  link: CoreLink,
  output: Output,
  end: AbortSignal,
): Subscriptions {
  const open = new Map<unknown, AbortController>();

  async function keepOpen(
    request: ClientRequest,
    revision: string,
    signal: AbortSignal,
  ): Promise<void> {
    /** What the core has granted; null before it has. */
    let granted: Record<string, unknown> | null = null;
    let pauseMs = shortestPauseMs;
    let isOver = false;

    async function take({ text, value }: CoreMessage): Promise<void> {
      pauseMs = shortestPauseMs;
      if (value.method === acknowledged) {
        const { notifications = {} } = isObject(value.params) ? value.params : {};
        const isFirst = granted === null;
        granted = isObject(notifications) ? notifications : {};
        if (!isFirst) return await tellChanges(request.id, granted);
      } else if (!("method" in value)) {
        // A core that is told to stop ends it so. For the client it goes on, with the next core.
        const goesOn = "result" in value && granted !== null && Object.keys(granted).length > 0;
        if (goesOn) return;
        isOver = true;
      }
      await output.write(text);
    }

    while (!signal.aborted) {
      const transport = granted === null ? await link.get() : await link.waitFor(signal);
      const outcome = await exchange(transport, path, {
        method: "POST",
        headers: modernHeaders(request, revision),
        body: request.text,
        signal,
        onMessage: take,
      });
      if (isOver) return;
      if (outcome.kind === "refused") {
        if (granted === null) {
          return await output.write(refusalLine(request.id, outcome.status, outcome.text));
        }
      } else if (outcome.kind !== "read") {
        link.drop(transport);
      }
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  async function tellChanges(id: ClientRequest["id"], filter: Record<string, unknown>) {
    for (const [field, method] of Object.entries(changes)) {
      if (filter[field] !== true) continue;
      const params = { _meta: { [subscriptionKey]: id } };
      await output.write(JSON.stringify({ jsonrpc: "2.0", method, params }));
    }
  }

  return {
    async keep(request, revision) {
      const abort = new AbortController();
      open.set(request.id, abort);
      const signal = AbortSignal.any([abort.signal, end]);
      try {
        await keepOpen(request, revision, signal);
      } catch (error) {
        if (!signal.aborted) await output.write(errorLine(request.id, describe(error)));
      } finally {
        if (open.get(request.id) === abort) open.delete(request.id);
      }
    },
    cancel(id) {
      const abort = open.get(id);
      abort?.abort();
      return abort !== undefined;
    },
  };
}
