/** Names of this very machine. */

/**
 * Whether a host is this machine, whatever a resolver says.
 * @param host a name or an address, an IPv6 one with or without brackets
 */
export function isLoopbackName(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?(?:::1|0:0:0:0:0:0:0:1)\]?)$/i.test(host);
}
