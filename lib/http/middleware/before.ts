/** Runs what has to be done or checked before a request is served. */
import type { Context, MiddlewareHandler } from "hono";
import type { AppEnvironment } from "../environment.ts";

/** Looks at a request before it is served; throws to refuse it. Not `void`: a promise would not be waited for. */
export type Step = (c: Context<AppEnvironment>) => undefined;

/**
 * Makes one middleware of several steps. Each middleware costs a request two promises, and steps that do nothing after
 * the request need none.
 * @param steps what is run, in this order
 * @returns the middleware
 *
 * @example
 * ```ts
 * app.use(before(hostCheck(options), authentication(options)));
 * ```
 */
export function before(...steps: Step[]): MiddlewareHandler<AppEnvironment> {
  return (c, next) => {
    for (const step of steps) step(c);
    return next();
  };
}
