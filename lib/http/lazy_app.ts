/**
 * The app as the core starts it: it answers the probes of a supervisor, and loads everything else with the first request
 * for it. Contracts and validators take 20 MB and a third of the time to start, which a core that only waits need not spend.
 */
import { Hono } from "hono";
import type { HttpApp } from "./app.ts";
import type { AppEnvironment } from "./environment.ts";
import { handleError } from "./errors.ts";
import { before } from "./middleware/before.ts";
import { hostCheck } from "./middleware/host_check.ts";
import { notFound } from "./not_found.ts";
import { LIVENESS_PATHS, READINESS_PATHS } from "./paths.ts";
import { answerLiveness, answerReadiness } from "./routes/health.ts";
import type { Services } from "./services.ts";
import { serveVisit } from "./visit.ts";

/**
 * Makes the app of one core.
 * @param services what the core hands to this layer
 * @returns the app
 */
export function createLazyApp(services: Services): Pick<HttpApp, "fetch" | "close"> {
  const probes = createProbes(services);
  let app: HttpApp | undefined;
  let loading: Promise<HttpApp> | undefined;
  let isClosed = false;

  async function load(): Promise<HttpApp> {
    const { createApp } = await import("./app.ts");
    app = createApp(services);
    if (isClosed) app.close();
    return app;
  }

  return {
    fetch(request, origin) {
      if (app) return app.fetch(request, origin);
      if (PROBE.test(request.url)) {
        return serveVisit(request, origin, probes[origin.source].fetch, services.metrics);
      }
      loading ??= load();
      return loading.then((loaded) => loaded.fetch(request, origin));
    },
    close() {
      isClosed = true;
      app?.close();
    },
  };
}

/** A URL whose path is one of the probes'; anything else about it is for the routes to judge. */
const PROBE = new RegExp(
  `^[a-z+]+://[^/?#]*(?:${[...LIVENESS_PATHS, ...READINESS_PATHS].join("|")})(?:\\?|$)`,
);

function createProbes(services: Services) {
  const routes = (app: Hono<AppEnvironment>) => {
    app.onError(handleError);
    app.notFound(notFound(app));
    for (const path of LIVENESS_PATHS) app.get(path, answerLiveness());
    for (const path of READINESS_PATHS) app.get(path, answerReadiness(services));
    return app;
  };
  const checked = new Hono<AppEnvironment>().use(before(hostCheck({
    access: services.access,
    listenAddress: () => services.facts().listen_addr,
  })));
  return { tcp: routes(checked), socket: routes(new Hono<AppEnvironment>()) };
}
