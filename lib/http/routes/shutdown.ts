/** Answers to the request to end. */
import type { RouteHandler } from "@hono/zod-openapi";
import type { Context } from "hono";
import { claimedPid, clientHeader } from "../../ipc/sessions.ts";
import type { shutDown } from "../contracts/shutdown.ts";
import type { AppEnvironment } from "../environment.ts";
import { respondSuccess } from "../responses.ts";
import type { Caller, Services } from "../services.ts";

/**
 * Answers `POST /api/v1/shutdown`. The answer is on its way before anything ends, since listeners let what is under way
 * end first.
 * @param services what the core hands to this layer
 * @returns the handler
 */
export function answerShutdown(services: Services): RouteHandler<typeof shutDown, AppEnvironment> {
  return (c) => {
    services.requestStop(callerOf(c, services));
    const { pid, version, data_dir } = services.facts();
    return respondSuccess(c, { pid, version, data_dir });
  };
}

/** Who says which process it is, is believed if the system says that this process is connected. */
function callerOf(c: Context<AppEnvironment>, { connections }: Services): Caller {
  const { source } = c.env;
  const claim = claimedPid(c.req.header(clientHeader));
  const isConnected = claim !== null &&
    connections().some((client) => client.source === source && client.pid === claim);
  return { source, pid: isConnected ? claim : null };
}
