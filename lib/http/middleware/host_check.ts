/**
 * Keeps web pages of others out. A page can make its own name resolve to 127.0.0.1 (DNS rebinding), or simply send
 * requests to our port: in the first case the Host header tells, in the second the Origin or Sec-Fetch-Site header.
 */
import { RequestError } from "../errors.ts";
import { type HostAndPort, isLoopbackHost, isTrustedHost, parseHost } from "../hosts.ts";
import type { AccessPolicy } from "../services.ts";
import type { Step } from "./before.ts";

/** What the check has to know, asked for on each request. */
export interface HostCheckOptions {
  access(): AccessPolicy;
  /** `host:port` on which we really listen. */
  listenAddress(): string;
}

/**
 * Refuses a request over TCP unless it was meant for us and does not come from a page of others:
 * - Host must be a loopback name, the address we listen on, or one of `trusted_hosts`, and the request target must
 *   name no other host;
 * - Origin, if sent, must be this very origin (scheme, host and port) or a trusted host. Another port of localhost is
 *   another origin: whatever runs there is not us;
 * - Sec-Fetch-Site, if sent, must be `same-origin` or `none`, but for a link that the user follows: a GET. A form that is
 *   sent is a navigation too.
 *
 * On the private channel nothing is checked: no browser can reach it.
 *
 * @param options the policy and our address
 * @returns the step; throws a {@linkcode RequestError} of status 400 or 403
 *
 * @example
 * ```ts
 * app.use(before(hostCheck({ access: services.access, listenAddress: () => "127.0.0.1:8080" })));
 * ```
 */
export function hostCheck(options: HostCheckOptions): Step {
  return (c) => {
    if (c.env.source === "socket") return;
    const { headers, method, url } = c.req.raw;
    const { trustedHosts } = options.access();

    const hostHeader = headers.get("host");
    const host = hostHeader === null ? undefined : parseHost(hostHeader);
    // HTTP/2 without TLS, which no browser speaks, has no Host header and is refused here too.
    if (host === undefined) throw new RequestError(400, "the Host header is missing or malformed");
    // With an absolute target (`GET http://other/ HTTP/1.1`) the URL holds another host than the header.
    const target = parseHost(/^https?:\/\/([^/]*)/.exec(url)?.[1] ?? "");
    const isOurs = isLoopbackHost(host.host) ||
      host.host === parseHost(options.listenAddress())?.host ||
      isTrustedHost(host, trustedHosts);
    if (!isOurs || !isSame(target, host)) throw refusal("Host", host.host);

    const origin = headers.get("origin");
    if (origin !== null) {
      const [, scheme, authority = ""] = /^(https?):\/\/(.+)$/.exec(origin) ?? [];
      const from = parseHost(authority);
      if (from === undefined) throw new RequestError(403, "the Origin header names no web origin");
      const isOwnOrigin = scheme === "http" && isSame(from, host);
      if (!isOwnOrigin && !isTrustedHost(from, trustedHosts)) throw refusal("Origin", from.host);
    } else {
      const site = headers.get("sec-fetch-site");
      const isForeign = site !== null && site !== "same-origin" && site !== "none";
      const isLink = method === "GET" && headers.get("sec-fetch-dest") === "document";
      if (isForeign && !isLink) {
        throw new RequestError(403, "requests from other web sites are refused");
      }
    }
  };
}

function isSame(one: HostAndPort | undefined, other: HostAndPort): boolean {
  return one !== undefined && one.host === other.host && one.port === other.port;
}

/** The host has passed {@linkcode parseHost}, so it is safe to show. */
function refusal(header: string, host: string): RequestError {
  return new RequestError(403, `the ${header} header names ${host}, which is not this server`, {
    next: `If it is yours, add "${host}" to trusted_hosts in mcp_config.json.`,
  });
}
