/** Turns what happens in the core into the events that clients see. */
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { Services } from "../services.ts";
import { serverStats, serverViews } from "../server_view.ts";
import { statusEvent, unixTime } from "../status_view.ts";
import { createEventHub } from "./hub.ts";
import type { ServerSentEvent } from "./types.ts";

/** The events of one core. */
export interface EventFeed {
  /**
   * Opens a client's stream: the status at once, then everything that happens.
   * @param lastEventId the id of the last event that the client saw, if it comes back
   */
  open(lastEventId: string | undefined): ReadableStream<Uint8Array>;
  /** How many clients follow. */
  clientCount(): number;
  /** Ends every stream, timer and subscription. */
  close(): void;
}

/** Changes within this time become one event: a restart alone makes half a dozen. */
const COALESCE_MS = 50;

/**
 * Starts to listen to the core.
 * @param services what the core hands to this layer
 * @returns the feed; close it before the listeners are shut down, since they wait for open streams
 */
export function createEventFeed(services: Services): EventFeed {
  const hub = createEventHub<ServerSentEvent>();
  const reasons = new Set<string>();
  /** What every client knows; undefined until there was one, since the core may still be starting. */
  let lastStatus: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function publishChanges(): void {
    const reason = [...reasons].join(", ");
    reasons.clear();
    if (reason !== "") hub.publish(serversChanged(services, reason));
    const status = statusEvent(services);
    if (lastStatus === undefined || comparable(status) === lastStatus) return;
    lastStatus = comparable(status);
    hub.publish({ type: "status", data: status });
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      try {
        publishChanges();
      } catch (error) {
        // Thrown out of a timer it would end the core.
        logger("http").error("cannot publish: {message}", { message: messageOf(error), error });
      }
    }, COALESCE_MS);
  }

  const stop = services.onEvent((event) => {
    if (event.type === "servers.changed") reasons.add(event.reason);
    if (event.type === "config.reloaded") {
      const { ok, error } = event;
      hub.publish({
        type: "config.reloaded",
        data: { payload: { ok, error }, timestamp: unixTime() },
      });
    }
    schedule();
  });

  return {
    open: (lastEventId) =>
      hub.subscribe({
        lastEventId,
        greet: (complete) => {
          const status: ServerSentEvent = { type: "status", data: statusEvent(services) };
          lastStatus ??= comparable(status.data);
          return complete ? [status] : [status, serversChanged(services, "resync")];
        },
      }),
    clientCount: hub.clientCount,
    close() {
      stop();
      clearTimeout(timer);
      hub.close();
    },
  };
}

/** The whole list comes along, so that no client has to ask for it after each event. */
function serversChanged(services: Services, reason: string): ServerSentEvent {
  const payload = { reason, servers: serverViews(services), stats: serverStats(services) };
  return { type: "servers.changed", data: { payload, timestamp: unixTime() } };
}

function comparable(status: ServerSentEvent["data"]): string {
  return JSON.stringify({ ...status, timestamp: 0 });
}
