/** Contracts of the routes by which programs watch the core. */
import { createRoute, z } from "@hono/zod-openapi";

/** What happens, as it happens. */
export const followEvents = createRoute({
  method: "get",
  path: "/events",
  summary: "Server-sent events: status, servers.changed, config.reloaded, ping",
  request: {
    headers: z.object({
      "last-event-id": z.string().optional().openapi({
        description: "The id of the last event seen; what came after it is sent again.",
      }),
    }),
  },
  responses: {
    200: { description: "The stream.", content: { "text/event-stream": { schema: z.string() } } },
  },
});

/** Counters and gauges. */
export const getMetrics = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Metrics in the text format of Prometheus",
  responses: {
    200: {
      description: "The metrics.",
      content: { "text/plain; version=0.0.4": { schema: z.string() } },
    },
  },
});
