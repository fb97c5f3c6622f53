/** How the core looks from outside: what `GET /api/v1/status`, `/info` and the event `status` tell. */
import type { z } from "@hono/zod-openapi";
import type { Info, Status, StatusEvent } from "./contracts/status.ts";
import { serverStats } from "./server_view.ts";
import type { Services } from "./services.ts";

/**
 * The data of the event `status`: what changes only when something happens, but for the timestamp.
 * @param services what the core hands to this layer
 * @returns the event's data
 */
export function statusEvent(services: Services): z.infer<typeof StatusEvent> {
  const { ready, listen_addr } = services.facts();
  return {
    running: ready,
    listen_addr,
    upstream_stats: serverStats(services),
    status: ready
      ? { phase: "Running", message: "Ready" }
      : { phase: "Starting", message: "Opening the listeners" },
    timestamp: unixTime(),
  };
}

/**
 * The data of `GET /api/v1/status`.
 * @param services what the core hands to this layer
 * @returns the event's data and what changes by itself
 */
export function statusView(services: Services): z.infer<typeof Status> {
  const { version, started_at } = services.facts();
  const { running, listen_addr, upstream_stats, status, timestamp } = statusEvent(services);
  const uptime_seconds = Math.max(0, timestamp - secondsOf(started_at));
  return {
    running,
    listen_addr,
    upstream_stats,
    status,
    timestamp,
    version,
    started_at,
    uptime_seconds,
  };
}

let lastParsed = { time: "", seconds: 0 };

/** One core asks for one time, again and again. */
function secondsOf(time: string): number {
  if (lastParsed.time !== time) {
    lastParsed = { time, seconds: Math.floor(Date.parse(time) / 1000) };
  }
  return lastParsed.seconds;
}

/**
 * The data of `GET /api/v1/info`. It holds no key, nor a URL with one in it.
 * @param services what the core hands to this layer
 * @returns the facts
 */
export function infoView(services: Services): z.infer<typeof Info> {
  const { version, pid, launched_by, listen_addr, started_at, socket } = services.facts();
  return {
    version,
    pid,
    launched_by,
    listen_addr,
    started_at,
    web_ui_url: null,
    endpoints: { http: listen_addr, socket },
  };
}

/**
 * The time as events and answers give it.
 * @returns whole seconds since 1970
 */
export function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}
