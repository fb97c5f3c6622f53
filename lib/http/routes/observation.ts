/** Answers to programs that watch the core. */
import type { RouteHandler } from "@hono/zod-openapi";
import type { followEvents, getMetrics } from "../contracts/observation.ts";
import type { AppEnvironment } from "../environment.ts";
import type { EventFeed } from "../events/feed.ts";
import { respondEvents, respondText } from "../responses.ts";
import { type MetricFamily, writeExposition } from "../../metrics.ts";
import type { Services } from "../services.ts";

/**
 * Answers `GET /events`. A HEAD gets the same headers and no stream.
 * @param feed where the events come from
 * @returns the handler
 */
export function answerEvents(feed: EventFeed): RouteHandler<typeof followEvents, AppEnvironment> {
  return (c) => {
    const { "last-event-id": lastEventId } = c.req.valid("header");
    return respondEvents(c, () => feed.open(lastEventId));
  };
}

/**
 * Answers `GET /metrics`.
 * @param services what the core hands to this layer
 * @param feed whose clients are counted
 * @returns the handler
 */
export function answerMetrics(
  services: Services,
  feed: EventFeed,
): RouteHandler<typeof getMetrics, AppEnvironment> {
  return (c) => {
    const families = [...services.metrics.families(), ...gauges(services, feed)];
    return respondText(
      c,
      writeExposition(families),
      "text/plain; version=0.0.4; charset=utf-8",
    );
  };
}

/** What needs no counting while it happens, since it can be asked for. */
function gauges({ channel, upstreams }: Services, feed: EventFeed): MetricFamily[] {
  const { connections, rejectedPeers } = channel();
  return [
    {
      name: "mcpproxy_connections_total",
      type: "counter",
      help: "Connections accepted, by listener.",
      samples: Object.entries(connections).map(([source, value]) => ({
        labels: { source },
        value,
      })),
    },
    {
      name: "mcpproxy_rejected_peers_total",
      type: "counter",
      help: "Peers turned away from the private channel, by reason.",
      samples: Object.entries(rejectedPeers).map(([reason, value]) => ({
        labels: { reason },
        value,
      })),
    },
    {
      name: "mcpproxy_upstream_state",
      type: "gauge",
      help: "1 for the state that each upstream server is in.",
      samples: upstreams.list().map(({ name, state }) => ({
        labels: { server: name, state },
        value: 1,
      })),
    },
    {
      name: "mcpproxy_upstream_tools",
      type: "gauge",
      help: "Tools that each upstream server offers.",
      samples: upstreams.list().map(({ name, tool_count }) => ({
        labels: { server: name },
        value: tool_count,
      })),
    },
    {
      name: "mcpproxy_event_clients",
      type: "gauge",
      help: "Clients that follow /events.",
      samples: [{ labels: {}, value: feed.clientCount() }],
    },
  ];
}
