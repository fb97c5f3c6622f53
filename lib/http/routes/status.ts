/** Answers that tell about the core itself. */
import type { RouteHandler } from "@hono/zod-openapi";
import type { getConfig, getConnections, getInfo, getStatus } from "../contracts/status.ts";
import type { AppEnvironment } from "../environment.ts";
import type { AnswerWithoutRouter } from "../direct.ts";
import { respondSuccess } from "../responses.ts";
import type { Services } from "../services.ts";
import { infoView, statusView } from "../status_view.ts";

/** The handlers of this file, by route. Those that take nothing from the request need no context of Hono's. */
export interface StatusHandlers {
  status: AnswerWithoutRouter & RouteHandler<typeof getStatus, AppEnvironment>;
  info: AnswerWithoutRouter & RouteHandler<typeof getInfo, AppEnvironment>;
  connections: RouteHandler<typeof getConnections, AppEnvironment>;
  config: RouteHandler<typeof getConfig, AppEnvironment>;
}

/**
 * Makes the handlers of `/api/v1/status`, `/info`, `/connections` and `/config`.
 * @param services what the core hands to this layer
 * @returns the handlers
 */
export function statusHandlers(services: Services): StatusHandlers {
  return {
    status: (c) => respondSuccess(c, statusView(services)),
    info: (c) => respondSuccess(c, infoView(services)),
    connections: (c) => {
      const connections = services.connections();
      const data = { connections, count: connections.length };
      return respondSuccess(c, data);
    },
    config: (c) => respondSuccess(c, { config: services.config.masked() }),
  };
}
