/**
 * Sends events to any number of clients as server-sent events. Every client gets every event. An event is encoded
 * once, and all clients' queues hold the same bytes, so that neither many clients nor slow ones cost much memory.
 * @module
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { type ClientStream, openClientStream } from "./client_stream.ts";
import { type AnyEvent, encodeComment, encodeEvent } from "./wire.ts";

/** Where a new client joins in. */
export interface Subscription<Event extends AnyEvent> {
  /** The `Last-Event-ID` header of a client that comes back. */
  lastEventId: string | undefined;
  /**
   * Events for this client alone, sent first or after what it missed.
   * @param complete false if there were events that it missed for good: it must be told everything anew
   */
  greet(complete: boolean): Event[];
}

/** The fan-out of events of one kind. */
export interface EventHub<Event extends AnyEvent> {
  /** Sends an event to every client, and keeps it for those who come back. */
  publish(event: Event): void;
  /** Adds a client; its stream ends when it is cancelled, too slow, or the hub is closed. */
  subscribe(subscription: Subscription<Event>): ReadableStream<Uint8Array>;
  /** How many clients there are. */
  clientCount(): number;
  /** Ends every stream and every timer; a client that still comes gets a stream that has ended. */
  close(): void;
}

/** What the hub keeps for clients who come back. */
const REPLAY_EVENTS = 1000;
const REPLAY_BYTES = 1024 * 1024;
/** What may wait for one client: more than a replay, so that coming back never throws a client out. */
const QUEUE_BYTES = 2 * REPLAY_BYTES;
/** Keeps idle connections open, and lets a client notice a core that hangs. */
const PING_INTERVAL_MS = 30_000;
/** When a browser should come back after it lost the connection. */
const RETRY_MS = 5000;

/**
 * Makes a hub without clients.
 * @returns the hub
 */
export function createEventHub<Event extends AnyEvent>(): EventHub<Event> {
  const clients = new Set<ClientStream>();
  /** The newest events, encoded; the last of them is event `lastNumber`. */
  const replay: Uint8Array[] = [];
  // Ids of a former core must not be mistaken for ours.
  const epoch = crypto.randomUUID().slice(0, 8);
  let replayBytes = 0;
  let lastNumber = 0;
  let closed = false;
  let pings: ReturnType<typeof setInterval> | undefined;

  function broadcast(frame: Uint8Array): void {
    for (const client of clients) client.send(frame);
  }

  function join(client: ClientStream): void {
    clients.add(client);
    pings ??= setInterval(() => broadcast(encodeEvent(ping())), PING_INTERVAL_MS);
  }

  function leave(client: ClientStream): void {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(pings);
    pings = undefined;
  }

  /** The frames that came after an event id, or undefined if they are not all there. */
  function missedSince(id: string): Uint8Array[] | undefined {
    const [, itsEpoch, digits = ""] = /^([0-9a-f]{8})-([0-9]{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    const oldest = lastNumber - replay.length;
    if (itsEpoch !== epoch || number < oldest || number > lastNumber) return undefined;
    return replay.slice(number - oldest);
  }

  return {
    publish(event) {
      const frame = encodeEvent(event, `${epoch}-${++lastNumber}`);
      replay.push(frame);
      replayBytes += frame.byteLength;
      while (replay.length > REPLAY_EVENTS || replayBytes > REPLAY_BYTES) {
        replayBytes -= replay.shift()!.byteLength;
      }
      broadcast(frame);
    },

    subscribe({ lastEventId, greet }) {
      const missed = lastEventId === undefined ? [] : missedSince(lastEventId);
      // A greeting carries the id of the newest event, so that a client which sees no other knows where it stands.
      const greeting = greet(missed !== undefined)
        .map((event) => encodeEvent(event, `${epoch}-${lastNumber}`));
      const client: ClientStream = openClientStream(QUEUE_BYTES, () => leave(client));
      join(client);
      client.send(encodeComment(`connected\nretry: ${RETRY_MS}\n`));
      for (const frame of [...missed ?? [], ...greeting]) client.send(frame);
      if (closed) client.end();
      return client.readable;
    },

    clientCount: () => clients.size,

    close() {
      closed = true;
      for (const client of clients) client.end();
    },
  };
}

/** Without an id: it is not worth sending again. */
function ping(): AnyEvent {
  return { type: "ping", data: { timestamp: Math.floor(Date.now() / 1000) } };
}
