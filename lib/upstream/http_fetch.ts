/** The fetch for talking to MCP servers: no answer may grow without end, and no tool call may be sent twice. */
import type { FetchLike } from "@modelcontextprotocol/client";
import { createMessageMeter } from "./message_meter.ts";

/** Characters of an answer that reports an error. */
const errorLimit = 8 * 1024;

/** A fetch and what it holds. */
export interface HttpFetch {
  /**
   * Like the global one, but reading a body fails once it, or one event of it if it is an event stream, passes 16 MB
   * or 512 levels of nesting.
   * @throws like fetch
   */
  fetch: FetchLike;
  /** Closes what it holds; requests that are still open fail. */
  close(): void;
}

/** Makes the fetch of one connection. */
export function createHttpFetch(): HttpFetch {
  // A request over a pooled connection is sent again when the connection dies after the server has read it (measured with
  // Deno 2.9). To list tools twice does no harm; to call one twice may.
  const unpooled = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return {
    fetch: async (url, init) => {
      const isCall = typeof init?.body === "string" && init.body.includes('"tools/call"');
      const response = await fetch(url, isCall ? { ...init, client: unpooled } : init);
      if (response.body === null) return response;
      const { status, statusText, headers } = response;
      // What is said beside an error is read here and now: not every reader of the SDK does, and a body that nobody reads
      // holds its connection.
      const body = response.ok
        ? response.body.pipeThrough(limited(isEventStream(headers)))
        : await beginning(response.body);
      return new Response(body, { status, statusText, headers });
    },
    close: () => unpooled.close(),
  };
}

function isEventStream(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

/** The first few kilobytes of a body; the rest is given up. */
async function beginning(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > errorLimit) break;
  }
  return text.slice(0, errorLimit);
}

function limited(
  isStream: boolean,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const measure = createMessageMeter(isStream);
  return new TransformStream({
    transform(chunk, controller) {
      measure(chunk);
      controller.enqueue(chunk);
    },
  });
}
