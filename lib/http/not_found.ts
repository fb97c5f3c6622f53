/** Answers for paths that nobody serves, and for methods that a path does not take. */
import type { Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import type { AppEnvironment } from "./environment.ts";
import { respond, respondError } from "./responses.ts";

/**
 * Tells 404 from 405. Not a middleware (as `hono/method-not-allowed` is), so that requests which are served pay nothing.
 * @param app the app with all its routes
 * @returns the handler for `app.notFound`: 404, or 405 with `Allow`, or 204 with `Allow` for OPTIONS
 *
 * @example
 * ```ts
 * app.notFound(notFound(app));
 * ```
 */
export function notFound(
  app: Pick<Hono<AppEnvironment>, "routes">,
): (c: Context<AppEnvironment>) => Response {
  let methodsOf: TrieRouter<string> | undefined;
  return (c) => {
    methodsOf ??= methodRouter(app.routes);
    const methods = methodsOf.match("ALL", c.req.path)[0].map(([method]) => method);
    if (methods.length === 0) return respondError(c, 404, `there is no ${c.req.path} here`);
    if (methods.includes("GET")) methods.push("HEAD");
    const headers = { Allow: [...new Set(methods), "OPTIONS"].join(", ") };
    if (c.req.method === "OPTIONS") return respond(c, null, 204, headers);
    return respondError(c, 405, `${c.req.path} does not take ${c.req.method}`, headers);
  };
}

/** A router that finds the methods instead of the handlers. */
function methodRouter(routes: Hono<AppEnvironment>["routes"]): TrieRouter<string> {
  const router = new TrieRouter<string>();
  for (const { method, path } of routes) {
    // Middleware stands at all methods, or at a path with a star.
    if (method !== "ALL" && !path.includes("*")) router.add("ALL", path, method);
  }
  return router;
}
