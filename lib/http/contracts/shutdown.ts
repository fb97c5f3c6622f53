/** Contract of the route that ends the core. */
import { createRoute, z } from "@hono/zod-openapi";
import { enveloped } from "./envelope.ts";

/** The data of `POST /api/v1/shutdown`. */
export const Shutdown = z.object({ pid: z.int(), version: z.string(), data_dir: z.string() })
  .openapi("Shutdown");

/** The end of the core. */
export const shutDown = createRoute({
  method: "post",
  path: "/api/v1/shutdown",
  summary: "Ends the core in order, as SIGTERM does; answered before it ends",
  responses: enveloped("The process that ends; its lock is free when it has.", Shutdown),
});
