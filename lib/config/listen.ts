/** The address that the TCP listener binds. */

/** A listen address taken apart, as `Deno.serve` wants it. */
export interface ListenAddress {
  /** Name or IP address, an IPv6 one without brackets; `0.0.0.0` where the address named only a port. */
  hostname: string;
  /** 0 lets the system choose. */
  port: number;
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)$/;
const IPV6 = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?$/;

/**
 * Takes a listen address apart.
 * @param address `host:port`, `[ipv6]:port`, or `:port` for every interface
 * @returns hostname and port, or what is wrong with the address as a sentence
 */
export function parseListenAddress(address: string): ListenAddress | string {
  // The Go program takes exactly this for "MCP over stdio, no listener at all"; to open a port on every
  // interface instead would be the opposite of what was asked.
  if (address === ":0") {
    return 'the Go program serves MCP over stdio for ":0", which is not offered; write "127.0.0.1:0" for a port of the system\'s choice';
  }
  if (address.includes("://")) return 'write it without a scheme, such as "127.0.0.1:8080"';
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  if (!match) return 'expected "host:port", ":port" or "[ipv6]:port", such as "127.0.0.1:8080"';
  const [, ipv6, host, port] = match;
  if (Number(port) > 65535) return "the port must be between 0 and 65535";
  if (ipv6 !== undefined && !IPV6.test(ipv6)) return "what stands in brackets is no IPv6 address";
  if (host && !HOST.test(host)) return "the host is neither a name nor an IP address";
  return { hostname: ipv6 ?? (host || "0.0.0.0"), port: Number(port) };
}
