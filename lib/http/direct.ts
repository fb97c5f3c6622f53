/**
 * Routes without parameters, on a listener that has checked the caller: they are found by method and path alone. Every
 * client asks for them all the time, and Hono's router and context cost such a request as much as the answer.
 */
import { answerError } from "./errors.ts";
import type { Answering } from "./responses.ts";
import type { Visit } from "./visit.ts";

/** Answers a request that no router has to take apart. */
export type AnswerWithoutRouter = (
  c: Answering,
  request: Request,
) => Response | Promise<Response>;

/** The app, as `serveVisit` calls it. */
type Serve = (request: Request, visit: Visit) => Response | Promise<Response>;

/**
 * Puts such routes before the router.
 * @param routes their answers, by method and path: `GET /api/v1/status`
 * @param serve the app with all its routes, for everything else: another method, a query, a path written otherwise
 * @returns what serves a request
 */
export function directFirst(
  routes: Readonly<Record<string, AnswerWithoutRouter>>,
  serve: Serve,
): Serve {
  const answers = new Map(Object.entries(routes));
  return (request, visit) => {
    const { url } = request;
    const path = url.slice(url.indexOf("/", url.indexOf("://") + 3));
    const answer = answers.get(`${request.method} ${path}`);
    if (answer === undefined) return serve(request, visit);
    visit.route = path;
    const c = { env: visit };
    const fail = (error: unknown) => answerError(error, c, { method: request.method, path });
    try {
      const response = answer(c, request);
      return response instanceof Promise ? response.catch(fail) : response;
    } catch (error) {
      return fail(error);
    }
  };
}
