/** A bridge between a client and a core that are both the test. */
import assert from "node:assert/strict";
import { runBridge } from "../../lib/bridge/bridge.ts";
import { type CoreAccess, createCoreLink } from "../../lib/bridge/core_link.ts";
import { createOutput } from "../../lib/bridge/output.ts";
import type { CoreTransport } from "../../lib/client/connect.ts";
import { until } from "../support/until.ts";

/** What a core is asked. */
export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: string;
  /** The body as JSON; null if there is none. */
  // deno-lint-ignore no-explicit-any -- each test knows what it has sent
  message: any;
  signal: AbortSignal;
}

/** Answers what the bridge asks, as `fetch` would. */
export type Answer = (asked: Asked) => Response | Promise<Response>;

/** A transport whose other end is a function. */
export function transportTo(answer: Answer): CoreTransport {
  return {
    kind: "unix",
    address: "unix:///fake",
    baseUrl: "http://localhost",
    fetch: async (input, init = {}) => {
      const body = String(init.body ?? "");
      init.signal?.throwIfAborted();
      return await answer({
        method: init.method ?? "GET",
        path: new URL(String(input)).pathname,
        headers: new Headers(init.headers),
        body,
        message: body === "" ? null : JSON.parse(body),
        signal: init.signal!,
      });
    },
    close: () => {},
  };
}

/** A stream of server-sent events that tells these messages and ends. */
export function eventStream(messages: unknown[], headers: Record<string, string> = {}): Response {
  const text = messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join("");
  return new Response(text, { headers: { "content-type": "text/event-stream", ...headers } });
}

/** The answer to a request. */
export function result(asked: Asked, value: unknown = {}, headers = {}): Response {
  return eventStream([{ jsonrpc: "2.0", id: asked.message.id, result: value }], headers);
}

/** A stream that never says anything, until it is given up. */
export function silence({ signal }: Asked): Response {
  const body = new ReadableStream({
    start(controller) {
      signal.addEventListener("abort", () => controller.error(signal.reason), { once: true });
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** A bridge and its client. */
export class BridgeUnderTest {
  readonly lines: string[] = [];
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();
  readonly #input: ReadableStreamDefaultController<Uint8Array>;

  /** Starts it. @param access the core @param path of the endpoint */
  constructor(access: Partial<CoreAccess> & Pick<CoreAccess, "connect">, path = "/mcp") {
    let input: ReadableStreamDefaultController<Uint8Array>;
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (input = controller),
    });
    this.#input = input!;
    const decoder = new TextDecoder();
    let rest = "";
    this.ended = runBridge({
      path,
      link: createCoreLink(
        { isHeld: () => Promise.resolve(false), start: null, ...access },
        { comeBack: 20, comeBackUnstarted: 200, ready: 2_000 },
      ),
      input: readable,
      output: createOutput({
        write: (bytes) => {
          const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
          rest = lines.pop()!;
          this.lines.push(...lines);
          return Promise.resolve(bytes.length);
        },
      }, () => {}),
      stop: this.#stop.signal,
    });
    this.ended.catch(() => {});
  }

  /** Writes a line to its standard input. */
  say(message: unknown): void {
    const line = typeof message === "string" ? message : JSON.stringify(message);
    this.#input.enqueue(new TextEncoder().encode(`${line}\n`));
  }

  request(id: string | number, method: string, params: Record<string, unknown> = {}): void {
    this.say({ jsonrpc: "2.0", id, method, params });
  }

  notify(method: string, params: Record<string, unknown> = {}): void {
    this.say({ jsonrpc: "2.0", method, params });
  }

  /** All that it has written. */
  // deno-lint-ignore no-explicit-any -- each test knows what it has sent
  messages(): any[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  /** Waits for the response to a request. */
  // deno-lint-ignore no-explicit-any -- each test knows what it has sent
  async response(id: string | number | null): Promise<any> {
    const find = () => this.messages().find((message) => message.id === id && !message.method);
    return await until(find, `a response to ${id}`, 10_000);
  }

  /** Ends its input, and waits for its end. */
  async end(): Promise<void> {
    this.#input.close();
    await this.ended;
  }

  /** Tells it to end at once. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

/** Opens a session of the 2025 era. */
export async function initialize(bridge: BridgeUnderTest): Promise<void> {
  bridge.request("init", "initialize", { protocolVersion: "2025-11-25" });
  assert((await bridge.response("init")).result);
  bridge.notify("notifications/initialized");
}

/** A core of the 2025 era: sessions, and what `calls` says to everything else. */
export function legacyCore(calls: Answer): Answer & { sessions: Set<string>; opened: number } {
  const answer = async (asked: Asked): Promise<Response> => {
    if (asked.message?.method === "initialize") {
      const id = `session-${++core.opened}`;
      core.sessions.add(id);
      const capabilities = { tools: { listChanged: true } };
      return result(asked, { protocolVersion: "2025-11-25", capabilities }, {
        "mcp-session-id": id,
      });
    }
    const id = asked.headers.get("mcp-session-id") ?? "";
    if (!core.sessions.has(id)) {
      const error = { code: -32001, message: "Session not found" };
      return Response.json({ jsonrpc: "2.0", error, id: null }, { status: 404 });
    }
    if (asked.method === "DELETE") {
      core.sessions.delete(id);
      return new Response(null, { status: 200 });
    }
    if (asked.method === "GET") return silence(asked);
    if (asked.message.method === "notifications/initialized") {
      return new Response(null, { status: 202 });
    }
    return await calls(asked);
  };
  const core = Object.assign(answer, { sessions: new Set<string>(), opened: 0 });
  return core;
}
