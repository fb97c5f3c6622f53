/** Answers to the probes of a supervisor. */
import type { RouteHandler } from "@hono/zod-openapi";
import type { liveness, readiness } from "../contracts/health.ts";
import type { AppEnvironment } from "../environment.ts";
import { respondJson } from "../responses.ts";
import type { Services } from "../services.ts";

/**
 * Answers `GET /healthz`.
 * @returns the handler
 */
export function answerLiveness(): RouteHandler<typeof liveness, AppEnvironment> {
  return (c) => respondJson(c, { status: "ok" as const }, 200);
}

/**
 * Answers `GET /readyz`: whether the listeners are up, whatever the upstreams do.
 * @param services what the core hands to this layer
 * @returns the handler
 */
export function answerReadiness(
  services: Services,
): RouteHandler<typeof readiness, AppEnvironment> {
  return (c) =>
    services.facts().ready
      ? respondJson(c, { ready: true }, 200)
      : respondJson(c, { ready: false }, 503);
}
