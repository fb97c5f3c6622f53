/**
 * Reads server-sent events out of bytes. Lines may be of any length: one event can carry the list of all servers.
 * @module
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** One event as it came. */
export interface EventMessage {
  /** The type; "message" if none was given. */
  event: string;
  data: string;
  /** The id of this event, or of the last one that had any; "" if none had. */
  id: string;
}

/**
 * Reads a stream to its end. An event that the end cuts off is dropped, as the standard wants it.
 * @param body the body of the response; cancelled when the loop over the events is left
 * @param signal ends it early
 * @param onBytes called whenever something came, comments included
 * @returns the events
 * @throws the signal's reason once it is aborted
 */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onBytes: () => void,
): AsyncGenerator<EventMessage, void, void> {
  let event = "";
  let data: string[] = [];
  let id = "";
  for await (const line of readLines(body, signal, onBytes)) {
    if (line === "") {
      if (data.length > 0) yield { event: event || "message", data: data.join("\n"), id };
      event = "";
      data = [];
      continue;
    }
    // A line without a colon is a name; one that begins with it is a comment.
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (name === "event") event = value;
    else if (name === "data") data.push(value);
    else if (name === "id" && !value.includes("\0")) id = value;
  }
}

/** Lines without their ends (LF or CR LF, which is all that we send). */
async function* readLines(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onBytes: () => void,
): AsyncGenerator<string, void, void> {
  const reader = body.getReader();
  // The signal of the fetch is not enough: Deno 2.9 forgets it when the Response has been collected as garbage.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  const decoder = new TextDecoder();
  // Pieces of a line that is not complete: put together once, since adding each to a string costs more and more.
  let pieces: string[] = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      onBytes();
      const [head = "", ...tail] = decoder.decode(value, { stream: true }).split("\n");
      pieces.push(head);
      for (const piece of tail) {
        yield pieces.join("").replace(/\r$/, "");
        pieces = [piece];
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
