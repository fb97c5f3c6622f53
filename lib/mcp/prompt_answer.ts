/**
 * Answers that come at once are sent as JSON, all others as a stream (MCP 2025-11-25, basic/transports, "Sending Messages to
 * the Server": the server chooses). The SDK always begins a stream, since progress might come first; but to read one takes
 * a client twice as long, and most calls bring nothing but their result.
 */
import { settlesWithin } from "../waiting.ts";

/** How long the result may take, in milliseconds; for a call that takes longer the difference is nothing. */
const soon = 25;
/** Bytes. To look into a longer result would cost more than it saves. */
const longest = 64 * 1024;

/**
 * Makes JSON of a stream whose only message, the response, comes soon.
 * @param response to one request of a client that takes both forms, as every client has to
 * @returns the same answer, as JSON or as the stream that it was
 */
export async function promptAnswer(response: Response): Promise<Response> {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!isStream || response.body === null) return response;
  const reader = response.body.getReader();
  const reading = reader.read();
  const first = await settlesWithin(reading, soon) ? await reading : undefined;
  const text = first?.value && first.value.length <= longest && soleResponse(first.value);
  const { status } = response;
  if (!text) return new Response(remainder(reader, reading), { status, headers: response.headers });
  void reader.cancel().catch(() => {});
  const headers = new Headers(response.headers);
  headers.set("content-type", "application/json");
  return new Response(text, { status, headers });
}

/**
 * Whether a body is one request, so that its answer is one message: not a notification, nor several in a batch.
 * @param body as parsed
 */
export function hasId(body: unknown): boolean {
  return typeof body === "object" && body !== null && "id" in body;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The text of the response, if the bytes are one event with it and nothing else. */
function soleResponse(bytes: Uint8Array): string | undefined {
  const event = new TextDecoder().decode(bytes);
  const [, text] = /^(?:event: message\r?\n)?data: ([^\r\n]+)\r?\n\r?\n$/.exec(event) ?? [];
  if (text === undefined) return undefined;
  // A response has no method; a notification or a request of the server has, and more will follow.
  const message: unknown = JSON.parse(text);
  const isResponse = typeof message === "object" && message !== null && "id" in message &&
    !("method" in message);
  return isResponse ? text : undefined;
}

/** What has been read, which may still be on its way, and all that follows. */
function remainder(
  reader: Reader,
  reading: ReturnType<Reader["read"]>,
): ReadableStream<Uint8Array> {
  let next: typeof reading | null = reading;
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await (next ?? reader.read());
      next = null;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
