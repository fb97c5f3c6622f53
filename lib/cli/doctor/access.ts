/** Checks of what TCP lets in: address, key, hosts. Judged by the settings alone. */
import { parseListenAddress } from "../../config/listen.ts";
import type { Settings } from "../../config/load.ts";
import { type Inputs, variable } from "../../config/paths.ts";
import { type Check, failure, ok, skipped, warning } from "./check.ts";
import { isLoopbackName } from "./names.ts";

/**
 * Checks the settings of the TCP listener.
 * @param settings as loaded
 * @param inputs flags and environment
 * @returns the checks
 */
export function checkAccess({ config, paths }: Settings, inputs: Inputs): Check[] {
  const isOpen = !isLoopback(config.listen);
  const fromEnvironment = variable(inputs.environment, "MCPPROXY_API_KEY") !== undefined;
  const source = fromEnvironment ? "MCPPROXY_API_KEY" : paths.configFile;
  return [
    judgeAddress(config.listen),
    judgeKey(config.api_key, source),
    judgeMcpAuth(config.require_mcp_auth, isOpen),
    judgeTrustedHosts(config.trusted_hosts),
  ];
}

/**
 * Whether an address is reached from this machine alone.
 * @param listen `host:port` as configured
 * @returns false for every name but localhost, which a resolver could point elsewhere
 */
export function isLoopback(listen: string): boolean {
  const address = parseListenAddress(listen);
  return typeof address !== "string" && isLoopbackName(address.hostname);
}

function judgeAddress(listen: string): Check {
  if (isLoopback(listen)) return ok("listen-address", `${listen}, for this machine alone`);
  return warning(
    "listen-address",
    [
      `${listen} can be reached from other machines, in clear text`,
      "what protects it: the API key and the checks of Host and Origin, and a firewall if you have one",
    ],
    'Set "listen": "127.0.0.1:8080", or put a TLS reverse proxy in front.',
  );
}

/** What people write where a key is to be put. */
const placeholders =
  /change.?me|replace|your|here|secret|password|passwd|default|example|sample|test|demo|admin|mcpproxy|token|todo|qwerty|letmein|123456\d*|abcdefg\w*/gi;

/**
 * Judges an API key.
 * @param key the key; absent if there is none yet
 * @param source where it comes from, for people
 * @returns a failure below 64 bits, a warning below 72, under which one random key of 128 bits in many thousands gets; the evidence never holds the key
 */
export function judgeKey(key: string | undefined, source: string): Check {
  if (key === undefined) {
    return skipped("api-key", "there is none yet; the next start of the core writes one");
  }
  const bits = Math.floor(entropyOf(key.replace(placeholders, "")));
  const evidence = `${key.length} characters, some ${bits} bits by their look, from ${source}`;
  const mend = source === "MCPPROXY_API_KEY"
    ? "Unset MCPPROXY_API_KEY, or set it to the output of: openssl rand -hex 32"
    : `Delete "api_key" in ${source} and restart the core, which writes one of 256 random bits.`;
  if (bits < 64) return failure("api-key", `it can be guessed: ${evidence}`, mend);
  return bits < 72 ? warning("api-key", evidence, mend) : ok("api-key", evidence);
}

/** Shannon's measure over the characters: an upper bound, good enough to tell words and patterns from random text. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits;
}

function judgeMcpAuth(required: boolean | undefined, isOpen: boolean): Check {
  if (required !== false) return ok("mcp-auth", "/mcp on TCP wants the key");
  const judge = isOpen ? failure : warning;
  const who = isOpen ? "every machine that reaches this one" : "every user of this machine";
  return judge(
    "mcp-auth",
    `require_mcp_auth is false: ${who} can call every tool without a key`,
    'Set "require_mcp_auth": true.',
  );
}

function judgeTrustedHosts(hosts: readonly string[]): Check {
  if (hosts.some((host) => host.trim() === "*")) {
    return warning(
      "trusted-hosts",
      "trusted_hosts holds *: any web page may reach the core by DNS rebinding, and only the key is left",
      "Name the hosts instead, or leave the list empty.",
    );
  }
  return ok("trusted-hosts", hosts.length === 0 ? "none" : hosts.join(", "));
}
