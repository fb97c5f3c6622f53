/**
 * Routes that take nothing from the request, on a listener that has checked the caller: they are found by their path alone.
 * Every client asks for them all the time, and Hono's router and context cost such a request as much as the answer.
 */
import type { Answering } from "./responses.ts";
import type { Visit } from "./visit.ts";

/** Answers a request of which nothing but the path counts. */
export type AnswerWithoutRouter = (c: Answering) => Response;

/** The app, as `serveVisit` calls it. */
type Serve = (request: Request, visit: Visit) => Response | Promise<Response>;

/**
 * Puts such routes before the router.
 * @param routes their answers to GET, by path
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
    const answer = request.method === "GET" ? answers.get(path) : undefined;
    if (answer === undefined) return serve(request, visit);
    visit.route = path;
    try {
      return answer({ env: visit });
    } catch {
      return serve(request, visit); // which fails alike, and has the one place where errors become answers
    }
  };
}
