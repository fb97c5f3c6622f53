/** One request on its way through the app, from the listener to the counters. */
import type { Metrics } from "../metrics.ts";
import { claimedRequestId, newRequestId } from "./request_id.ts";
import type { RequestOrigin } from "./services.ts";

/** What every handler and middleware finds in `c.env`. */
export interface Visit extends RequestOrigin {
  /** Names this request in the log, and in the answer if it is an error. */
  requestId: string;
  /** What every answer carries; `responses.ts` puts it there. */
  commonHeaders: Readonly<Record<string, string>>;
  /** The pattern of the route that answered (`/api/v1/servers/:name`), so that no client can make up new ones. */
  route: string;
}

/** What keeps a browser from guessing, keeping or passing on what we say; no browser can reach the private channel. */
const FOR_BROWSERS = {
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
  // The page's own URL may hold `?apikey=`.
  "Referrer-Policy": "no-referrer",
};

/**
 * Serves a request and counts it. It is no middleware: Hono makes promises for those, and a request to the private channel
 * is mostly served within one turn.
 * @param request the request as the listener got it
 * @param origin what the listener knows of where it came from
 * @param serve the app
 * @param metrics where to count
 * @returns the answer
 */
export function serveVisit(
  request: Request,
  origin: RequestOrigin,
  serve: (request: Request, visit: Visit) => Response | Promise<Response>,
  metrics: Metrics,
): Response | Promise<Response> {
  const start = performance.now();
  const visit = visitOf(request, origin);
  const done = (response: Response): Response => {
    const seconds = (performance.now() - start) / 1000;
    metrics.httpRequest(visit.source, visit.route, response.status, seconds);
    return response;
  };
  const response = serve(request, visit);
  return response instanceof Promise ? response.then(done) : done(response);
}

function visitOf(request: Request, { source, responseHeaders }: RequestOrigin): Visit {
  const claimed = claimedRequestId(request.headers);
  const requestId = claimed ?? newRequestId();
  const commonHeaders: Record<string, string> = {};
  // On the private channel an id that nobody asked for is told with an error alone, since the log names no other request:
  // a second header takes Deno as long as all the rest of an answer.
  if (source === "tcp" || claimed !== null) commonHeaders["X-Request-Id"] = requestId;
  if (source === "tcp") Object.assign(commonHeaders, FOR_BROWSERS);
  if (responseHeaders) Object.assign(commonHeaders, responseHeaders);
  return { source, requestId, commonHeaders, route: "none" };
}
