/** How an upstream server looks from outside: its configuration, secrets masked, joined with its state. */
import type { z } from "@hono/zod-openapi";
import type { UpstreamStatus } from "../upstream/types.ts";
import type { Health, Server } from "./contracts/servers.ts";
import type { ServerStats } from "./contracts/status.ts";
import type { Services } from "./services.ts";

type ServerView = z.infer<typeof Server>;
type HealthView = z.infer<typeof Health>;
type StatsView = z.infer<typeof ServerStats>;

/** What the views are made of. */
export type ViewServices = Pick<Services, "config" | "upstreams">;

/**
 * Every configured server as the API shows it.
 * @param services the configuration and the upstreams
 * @returns the servers in the order of the configuration, env and header values masked
 */
export function serverViews({ config, upstreams }: ViewServices): ServerView[] {
  return config.servers().flatMap(({ name }) => {
    const masked = config.maskedServer(name);
    return masked === undefined ? [] : [serverView(name, masked, upstreams.get(name))];
  });
}

/**
 * How many servers are in which state. Cheap, since `GET /api/v1/status` asks for it each time.
 * @param services the configuration and the upstreams
 * @returns the counts; a disabled or quarantined server counts as that, whatever its connection does
 */
export function serverStats({ config, upstreams }: ViewServices): StatsView {
  const stats = {
    total_servers: 0,
    connected_servers: 0,
    connecting_servers: 0,
    error_servers: 0,
    disabled_servers: 0,
    quarantined_servers: 0,
    total_tools: 0,
  };
  for (const { name, enabled, quarantined } of config.servers()) {
    const status = upstreams.get(name);
    const state = stateOf(enabled, quarantined, status);
    stats.total_servers++;
    if (state === "ready") stats.connected_servers++;
    else if (state === "connecting") stats.connecting_servers++;
    else if (state === "error") stats.error_servers++;
    else if (state === "disabled") stats.disabled_servers++;
    else if (state === "quarantined") stats.quarantined_servers++;
    stats.total_tools += status?.tool_count ?? 0;
  }
  return stats;
}

function serverView(
  name: string,
  masked: Record<string, unknown>,
  status: UpstreamStatus | undefined,
): ServerView {
  const enabled = masked.enabled !== false;
  const quarantined = masked.quarantined === true;
  const state = stateOf(enabled, quarantined, status);
  const protocol = textOf(masked.protocol);
  return {
    name,
    protocol: protocol === undefined || protocol === "auto" ? status?.protocol ?? "auto" : protocol,
    ...optionalTexts(masked, ["url", "command", "working_dir"]),
    args: Array.isArray(masked.args) ? masked.args.map(String) : [],
    env: textsOf(masked.env),
    headers: textsOf(masked.headers),
    enabled,
    quarantined,
    connected: state === "ready",
    connecting: state === "connecting",
    status: state,
    last_error: status?.last_error ?? null,
    tool_count: status?.tool_count ?? 0,
    retry_count: status?.retry_count ?? 0,
    next_retry_at: status?.next_retry_at ?? null,
    health: healthOf(state, status),
  };
}

/** A server that was just added may not have an upstream yet: it is on its way. */
function stateOf(
  enabled: boolean,
  quarantined: boolean,
  status: UpstreamStatus | undefined,
): ServerView["status"] {
  if (!enabled) return "disabled";
  if (quarantined) return "quarantined";
  return status?.state ?? "connecting";
}

function healthOf(state: ServerView["status"], status: UpstreamStatus | undefined): HealthView {
  const detail = status?.last_error ?? "";
  const enabled = { admin_state: "enabled", detail } as const;
  switch (state) {
    case "disabled":
      // The user wants it so: that is no ailment.
      return {
        level: "healthy",
        admin_state: "disabled",
        summary: "Disabled",
        detail: "",
        action: "enable",
      };
    case "quarantined":
      return {
        level: "healthy",
        admin_state: "quarantined",
        summary: "Quarantined for review",
        detail: "",
        action: "approve",
      };
    case "ready": {
      const count = status?.tool_count ?? 0;
      const summary = `Connected (${count} ${count === 1 ? "tool" : "tools"})`;
      return { ...enabled, level: "healthy", summary, detail: "", action: "" };
    }
    case "connecting": {
      const level = (status?.retry_count ?? 0) === 0 ? "healthy" : "degraded";
      return { ...enabled, level, summary: "Connecting", action: "" };
    }
    case "error":
      return { ...enabled, level: "unhealthy", summary: summaryOf(detail), action: "restart" };
    case "stopped":
      return { ...enabled, level: "unhealthy", summary: "Stopped", action: "restart" };
  }
}

/** The first line of an error, short enough for a menu. */
function summaryOf(error: string): string {
  const [line = ""] = error.split("\n", 1);
  if (line === "") return "Not connected";
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function optionalTexts<Name extends string>(
  from: Record<string, unknown>,
  names: readonly Name[],
): { [Key in Name]?: string } {
  const found: { [Key in Name]?: string } = {};
  for (const name of names) {
    const text = textOf(from[name]);
    if (text !== undefined) found[name] = text;
  }
  return found;
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}
