/** The official MCP client, connected to a core. */
import {
  type CallToolResult,
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { openUnixChannel } from "../../../lib/ipc/channel_unix.ts";
import type { Era } from "../../mcp/harness.ts";
import type { Core } from "../../support/core.ts";

/** How a client reaches the core: over TCP with the key, by our own client of the private channel, or by a plain one. */
export type Way = "tcp" | "channel" | "plain socket";

/** A client that is connected. */
export interface ConnectedClient extends AsyncDisposable {
  client: Client;
  /**
   * Calls `server:tool`: under its own name on `/mcp/all`, by `call_tool` elsewhere. The result is what came, checked
   * against no schema.
   */
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<CallToolResult>;
}

/** Accepts all: the SDK would otherwise drop what its schema does not know. */
const anything = {
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
};

/**
 * Connects a client.
 * @param core to which
 * @param path `/mcp`, `/mcp/call` or `/mcp/all`
 * @param era the revision of the protocol that it speaks
 * @param way how it gets there
 * @param onToolsChanged called each time the client learns that the tools have changed
 */
export async function connectClient(
  core: Core,
  path: string,
  era: Era,
  way: Way = "tcp",
  onToolsChanged?: () => void,
): Promise<ConnectedClient> {
  const client = new Client({ name: "e2e", version: "1" }, {
    versionNegotiation: { mode: era === "legacy" ? "legacy" : "auto" },
    ...onToolsChanged && {
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: onToolsChanged } },
    },
  });
  const there = wayTo(core, way);
  const requests = new Requests(there.fetch);
  const close = async () => {
    await client.close();
    await requests.end();
    there.close();
  };
  const transport = new StreamableHTTPClientTransport(new URL(path, there.origin), {
    fetch: requests.fetch,
    requestInit: { headers: there.headers },
  });
  try {
    await client.connect(transport);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    client,
    call: async (name, args = {}, signal) => {
      const params = path === "/mcp/all"
        ? { name: name.replace(":", "__"), arguments: args }
        : { name: "call_tool", arguments: { name, args } };
      const options = signal ? { signal } : {};
      const result = await client.request({ method: "tools/call", params }, anything, options);
      return result as CallToolResult;
    },
    [Symbol.asyncDispose]: close,
  };
}

interface WayThere {
  origin: string;
  headers: Record<string, string>;
  fetch: typeof fetch;
  close(): void;
}

function wayTo({ tcp, socket, apiKey }: Core, way: Way): WayThere {
  const origin = "http://localhost";
  switch (way) {
    case "tcp": {
      const headers = { "x-api-key": apiKey };
      return { origin: `http://${tcp}`, headers, fetch, close: () => {} };
    }
    case "channel": {
      const channel = openUnixChannel(socket, "e2e/1");
      const fetchThere: typeof fetch = (input, init) =>
        channel.fetch(input instanceof Request ? input.url : input, init);
      return { origin, headers: {}, fetch: fetchThere, close: () => channel.close() };
    }
    case "plain socket": {
      const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
      const fetchThere: typeof fetch = (input, init) =>
        fetch(input, { ...init, client } as RequestInit & { client: Deno.HttpClient });
      return { origin, headers: {}, fetch: fetchThere, close: () => client.close() };
    }
  }
}

/** The requests of one client, which the SDK leaves to themselves when it is closed: here they are waited for. */
class Requests {
  readonly #abort = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #fetch: typeof fetch;

  constructor(fetchThere: typeof fetch) {
    this.#fetch = fetchThere;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const { body, status, headers } = await this.#follow(this.#fetch(input, init));
    if (body === null) return new Response(null, { status, headers });
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    this.#follow(body.pipeTo(writable, { signal: this.#abort.signal })).catch(() => {});
    return new Response(readable, { status, headers });
  };

  async end(): Promise<void> {
    this.#abort.abort();
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
  }

  #follow<Value>(work: Promise<Value>): Promise<Value> {
    this.#underWay.add(work);
    const over = () => this.#underWay.delete(work);
    work.then(over, over);
    return work;
  }
}

/** The text of a result's first content. */
export function textOf(result: CallToolResult): string {
  const [first] = result.content;
  return first?.type === "text" ? first.text : "";
}
