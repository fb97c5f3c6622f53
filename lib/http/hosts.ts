/** Reads the names by which a client says it reached us, and tells ours from those of others. */

/** A host as it stands in a Host header or an origin: lower case, an IPv6 address in brackets, port "" if not given. */
export interface HostAndPort {
  host: string;
  port: string;
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?$/;

/**
 * Takes apart `host` or `host:port`.
 * @param text the value of a Host header, or what follows `://` in an origin
 * @returns its parts, or undefined if it is not of that form (RFC 9110 section 7.2): user info, a path, spaces …
 */
export function parseHost(text: string): HostAndPort | undefined {
  const match = HOST.exec(text.toLowerCase());
  if (match === null) return undefined;
  // "localhost." is the same name as "localhost" (RFC 1034 section 3.1).
  return { host: match[1]!.replace(/\.$/, ""), port: match[2] ?? "" };
}

/**
 * Whether a host is this machine by definition, so that no name server can point it elsewhere. Not so `*.localhost`,
 * which some resolvers do ask for.
 * @param host lower case, as {@linkcode parseHost} returns it
 * @returns true for `localhost`, `127.0.0.0/8` in its usual form and `[::1]`
 */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/**
 * Whether the user trusts a host by `trusted_hosts`.
 * @param candidate the host that a header names
 * @param trustedHosts `name` for any port, `name:port`, `.suffix` for a domain and all below it, `*` for all
 * @returns true if one of the entries matches; case does not matter
 */
export function isTrustedHost(candidate: HostAndPort, trustedHosts: readonly string[]): boolean {
  return trustedHosts.some((entry) => {
    if (entry.trim() === "*") return true;
    const trusted = parseHost(entry.trim());
    if (trusted === undefined) return false;
    if (trusted.port !== "" && trusted.port !== candidate.port) return false;
    return trusted.host.startsWith(".")
      ? `.${candidate.host}`.endsWith(trusted.host)
      : candidate.host === trusted.host;
  });
}
