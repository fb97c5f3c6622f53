/** The logs of upstream servers, followed live. */
import type { Upstreams } from "../../upstream/types.ts";
import { createEventHub, type EventHub } from "./hub.ts";

/** One line of a server's log, as it is sent. */
export interface LogLineEvent {
  type: "line";
  data: { server_name: string; line: string };
}

/** Who follows which log. */
export interface LogFeed {
  /**
   * Opens a client's stream: the last lines at once, then each as it comes. It ends when the server is removed, and for a
   * client that lets too much pile up, so that a slow one never slows the server.
   * @param name the server
   * @param lines how many of the lines so far; a client that comes back gets all that it missed and that are kept
   * @param lastEventId the id of the last line that the client saw, if it comes back
   */
  open(name: string, lines: number, lastEventId: string | undefined): ReadableStream<Uint8Array>;
  /** Ends every stream and subscription. */
  close(): void;
}

/**
 * Makes a feed. Nothing is listened to before somebody follows.
 * @param upstreams whose logs are followed
 * @returns the feed; close it before the listeners are shut down, since they wait for open streams
 */
export function createLogFeed(upstreams: Upstreams): LogFeed {
  const hubs = new Map<string, EventHub<LogLineEvent>>();
  let unsubscribe: (() => void) | undefined;
  let closed = false;

  function subscribe(): () => void {
    const ends = [
      upstreams.onLog((name, line) => hubs.get(name)?.publish(lineEvent(name, line))),
      upstreams.onChange(({ name, kind }) => {
        if (kind !== "removed") return;
        hubs.get(name)?.close();
        hubs.delete(name);
      }),
    ];
    return () => ends.forEach((end) => end());
  }

  function hubOf(name: string): EventHub<LogLineEvent> {
    const known = hubs.get(name);
    if (known) return known;
    const hub = createEventHub<LogLineEvent>();
    if (closed) hub.close();
    else hubs.set(name, hub);
    return hub;
  }

  return {
    open(name, lines, lastEventId) {
      if (!closed) unsubscribe ??= subscribe();
      return hubOf(name).subscribe({
        lastEventId,
        greet(complete) {
          const comesBack = lastEventId !== undefined;
          if (comesBack && complete) return [];
          return upstreams.logs(name, comesBack ? Infinity : lines)
            .map((line) => lineEvent(name, line));
        },
      });
    },
    close() {
      closed = true;
      unsubscribe?.();
      for (const hub of hubs.values()) hub.close();
    },
  };
}

function lineEvent(server_name: string, line: string): LogLineEvent {
  return { type: "line", data: { server_name, line } };
}
