/** Contracts of the probes that a supervisor asks. */
import { createRoute, z } from "@hono/zod-openapi";

const Alive = z.object({ status: z.literal("ok") });
const Readiness = z.object({ ready: z.boolean() });

/** The process lives. */
export const liveness = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Tells that the core lives; needs no key",
  security: [],
  responses: {
    200: { description: "It lives.", content: { "application/json": { schema: Alive } } },
  },
});

/** The listeners are up. */
export const readiness = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Tells whether the core is ready to serve; needs no key",
  security: [],
  responses: {
    200: { description: "Ready.", content: { "application/json": { schema: Readiness } } },
    503: { description: "Not yet.", content: { "application/json": { schema: Readiness } } },
  },
});
