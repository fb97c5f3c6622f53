/** Reasons for which a server is not started, however often one tries. */
import type { ServerConfig } from "../config/schema.ts";
import type { UpstreamSettings } from "./options.ts";
import type { UpstreamStatus } from "./types.ts";

/**
 * How a server is reached, by its config alone.
 * @returns `http` for `auto` with a URL: whether it speaks only SSE shows when connecting
 */
export function protocolOf(server: ServerConfig): UpstreamStatus["protocol"] {
  if (server.protocol === "stdio" || server.protocol === "sse") return server.protocol;
  if (server.protocol === "auto") return server.command === undefined ? "http" : "stdio";
  return "http";
}

/**
 * Why a quarantined server is not started, and how to release it.
 * @returns null if it is not quarantined
 */
export function quarantineNotice(server: ServerConfig): string | null {
  if (!server.quarantined) return null;
  return `Quarantined: it is not started until somebody has looked at it. To release it, set "quarantined": false for "${server.name}" in the config.`;
}

/**
 * Why a server must not or cannot be started as it is configured.
 * @returns one or two sentences with what to set; null if nothing is in the way
 */
export function refusalOf(server: ServerConfig, settings: UpstreamSettings): string | null {
  const protocol = protocolOf(server);
  if (protocol === "stdio") {
    if (server.command === undefined) return "It has no command to start. Set `command`.";
    const { enabled, mode } = settings.dockerIsolation;
    const own = server.isolation;
    const wanted = enabled && mode !== "none" && own?.enabled !== false && own?.mode !== "none";
    return wanted && !isContainerCommand(server.command)
      ? "docker_isolation is on, but this version cannot run servers in a container, and it does not start one outside of it unasked. " +
        `Set "isolation": {"enabled": false} for "${server.name}" to run it without, or docker_isolation.enabled to false for all.`
      : null;
  }
  if (server.url === undefined) return "It has no address to connect to. Set `url`.";
  if (!URL.canParse(server.url) || !/^https?:$/.test(new URL(server.url).protocol)) {
    return "Its `url` is not an http:// or https:// address.";
  }
  return server.command === undefined
    ? null
    : "It has a `command` beside its `url`: this version does not start HTTP servers itself. Start it by other means and remove `command`, or remove `url`.";
}

/** A server that its own command runs in a container needs none of ours. */
function isContainerCommand(command: string): boolean {
  return /^(?:.*[/\\])?(?:docker|podman)(?:\.exe)?$/i.test(command);
}
