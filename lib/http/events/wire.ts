/** How events look on the wire: server-sent events, of which one line of JSON is the data. */

/** An event of any kind. */
export interface AnyEvent {
  type: string;
  data: unknown;
}

const text = new TextEncoder();

/**
 * Writes an event.
 * @param event its type must be one line
 * @param id what a client that comes back gives as `Last-Event-ID`; none if the event is not worth sending again
 * @returns the bytes
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function encodeEvent({ type, data }: AnyEvent, id?: string): Uint8Array {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return text.encode(`${idLine}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

/**
 * Writes a comment, which a client takes for a sign of life and nothing more.
 * @param lines of the comment or of fields, each with its newline
 * @returns the bytes
 */
export function encodeComment(lines: string): Uint8Array {
  return text.encode(`: ${lines}\n`);
}
