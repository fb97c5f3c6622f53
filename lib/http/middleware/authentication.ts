/** Asks TCP clients for the API key. On the private channel the operating system has vouched for the caller. */
import { equalsSecret } from "../../constant_time.ts";
import { RequestError } from "../errors.ts";
import type { AccessPolicy } from "../services.ts";
import type { Step } from "./before.ts";

/** What is asked of whom. Paths are compared as the router sees them, decoded. */
export interface AuthenticationOptions {
  /** Asked for on each request. */
  access(): AccessPolicy;
  /** May be read without a key. */
  openPaths: readonly string[];
  /** Need no key if the policy says so. */
  mcpPaths: readonly string[];
}

/**
 * Refuses a request over TCP that does not bring the API key, but for open paths and, if the policy says so, MCP.
 *
 * The key is taken from the first of these that is there and not empty; the others are not looked at:
 * `X-API-Key`, `Authorization: Bearer`, and for GET and HEAD the query parameter `apikey`, since an EventSource
 * cannot set headers. The query is never logged: log lines hold `c.req.path`.
 *
 * @param options the policy and the paths that it leaves open
 * @returns the step; throws a {@linkcode RequestError} of status 401
 *
 * @example
 * ```ts
 * app.use(before(authentication({ access, openPaths: ["/healthz"], mcpPaths: ["/mcp"] })));
 * ```
 */
export function authentication(options: AuthenticationOptions): Step {
  const openPaths = new Set(options.openPaths);
  const mcpPaths = new Set(options.mcpPaths);
  return (c) => {
    if (c.env.source === "socket") return;
    const { method } = c.req;
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && openPaths.has(c.req.path)) return;
    const { apiKey, mcpNeedsKey } = options.access();
    if (!mcpNeedsKey && mcpPaths.has(c.req.path)) return;
    const presented = keyInHeaders(c.req.raw.headers) || (isRead && c.req.query("apikey"));
    // An empty key never lets anybody in.
    if (apiKey !== "" && presented && equalsSecret(presented, apiKey)) return;
    throw new RequestError(
      401,
      apiKey === "" ? "no API key is configured" : "invalid or missing API key",
      {
        next: "Send the api_key of mcp_config.json as X-API-Key or as a Bearer token.",
        headers: { "WWW-Authenticate": "Bearer" },
      },
    );
  };
}

function keyInHeaders(headers: Headers): string | undefined {
  return headers.get("x-api-key") ||
    /^Bearer +(.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}
