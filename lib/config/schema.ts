/** The shape of `mcp_config.json`, field for field as the Go program writes it. */
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { parseListenAddress } from "./listen.ts";

// Shared, because the schema is built at each start and building is what costs.
const text = z.string();
const texts = z.array(text);
const textMap = z.record(text, text);
const flag = z.boolean();
const integer = z.int();

/** Text in which empty means not set, as for the Go program. */
const optionalText = text.transform((value) => value === "" ? undefined : value).optional();
const optionalFlag = flag.optional();

/** A whole number for which zero and less stand for the default, as for the Go program. */
function positive(fallback: number, most = Number.MAX_SAFE_INTEGER) {
  return integer.max(most).transform((value) => value < 1 ? fallback : value);
}

/** One of some words; empty stands for the fallback. */
function choice<const Fallback, const Word extends string>(
  fallback: Fallback,
  words: readonly Word[],
) {
  return z.enum(["", ...words]).transform((word): Word | Fallback =>
    word === "" ? fallback : word as Word
  );
}

/** A Go duration, which becomes milliseconds; within the range, or zero where `zero` says what zero means. */
function duration(range: { least?: string; most?: string; zero?: number } = {}) {
  const least = range.least === undefined ? -Infinity : parseDuration(range.least)!;
  const most = range.most === undefined ? Infinity : parseDuration(range.most)!;
  return z.unknown().transform((value, context): number => {
    const parsed = typeof value === "string" ? parseDuration(value) : undefined;
    if (parsed === undefined) {
      context.addIssue(
        'expected a duration in quotes with its unit, such as "30s", "1m30s" or "500ms"',
      );
      return z.NEVER;
    }
    if (parsed === 0 && range.zero !== undefined) return range.zero;
    if (parsed < least || parsed > most) {
      context.addIssue(`expected "0s" or a duration between ${range.least} and ${range.most}`);
      return z.NEVER;
    }
    return parsed;
  });
}

const initTimeout = duration({ least: "1s", most: "30m", zero: 30_000 });
const healthCheckInterval = duration({ least: "5s", most: "1h", zero: 0 });
const toolDiscoveryInterval = duration({ least: "30s", most: "24h", zero: 0 });
/** Go takes a list without entries for none at all. */
const toolNames = texts.transform((names) => names.length === 0 ? undefined : names)
  .optional();
const isolationMode = choice(undefined, ["docker", "sandbox", "none"]).optional();
const limits = {
  /** How many calls may run at a time; 0 or absent: no limit. */
  max_concurrent_requests: integer.min(0).optional(),
  queue_size: integer.min(0).optional(),
  queue_timeout: duration().optional(),
};

const server = z.object({
  name: text.superRefine((name, context) => {
    const fault = nameFault(name);
    if (fault) context.addIssue(fault);
  }),
  protocol: choice("auto", ["auto", "stdio", "http", "sse", "streamable-http"]).default("auto"),
  enabled: flag.default(true),
  /** True for a server whose tools nobody has looked at yet. */
  quarantined: flag.default(false),
  command: optionalText,
  args: texts.default([]),
  working_dir: optionalText,
  env: textMap.default({}),
  url: optionalText,
  headers: textMap.default({}),
  init_timeout: initTimeout.optional(),
  /** 0 turns the check off. */
  health_check_interval: healthCheckInterval.optional(),
  /** 0 turns it off. */
  tool_discovery_interval: toolDiscoveryInterval.optional(),
  /** Only these tools are shown. Never set together with `disabled_tools`. */
  enabled_tools: toolNames,
  /** These tools are not shown. */
  disabled_tools: toolNames,
  isolation: z.object({ enabled: optionalFlag, mode: isolationMode }).optional(),
  oauth: z.object({
    client_id: optionalText,
    client_secret: optionalText,
    redirect_uri: optionalText,
    scopes: texts.optional(),
    pkce_enabled: optionalFlag,
    extra_params: textMap.optional(),
  }).optional(),
  /** An unknown word counts as `manual`, the strictest: a slip of the pen must not approve anything. */
  trust_mode: choice("manual", ["auto", "scan", "manual"]).catch("manual").optional(),
  auto_approve_tool_changes: optionalFlag,
  reconnect_on_use: optionalFlag,
  ...limits,
}).superRefine((entry, context) => {
  const { protocol, command, url } = entry;
  const fault = (field: string, message: string) =>
    context.addIssue({ code: "custom", path: [field], message });
  if (protocol === "auto") {
    if (!command && !url) fault("command", "give a command to start or a url to connect to");
  } else if (protocol === "stdio") {
    if (!command) fault("command", 'protocol "stdio" needs a command');
  } else if (!url) {
    fault("url", `protocol "${protocol}" needs a url`);
  }
  if (entry.enabled_tools && entry.disabled_tools) {
    fault("disabled_tools", "enabled_tools and disabled_tools exclude each other; keep one");
  }
});

/** Schema of a whole config to which the defaults have been added; unknown fields are left out of its result. */
export const configSchema = z.object({
  listen: text.transform((address, context) => {
    if (address === "") return "127.0.0.1:8080";
    const parsed = parseListenAddress(address);
    if (typeof parsed === "string") context.addIssue(parsed);
    return address;
  }),
  /** False: no private channel, clients come by TCP with the API key. */
  enable_socket: flag,
  /** `unix://PATH` or `npipe:////./pipe/NAME`; absent: derived from the data directory. */
  tray_endpoint: optionalText,
  data_dir: optionalText,
  api_key: optionalText,
  /** Absent and true: `/mcp` on TCP wants the key. Only an explicit false opens it. */
  require_mcp_auth: optionalFlag,
  trusted_hosts: texts,
  tools_limit: positive(15, 1000),
  /** Characters; 0: no limit. */
  tool_response_limit: integer.transform((limit) => Math.max(0, limit)),
  tool_response_mode: choice("full", ["full", "compact"]),
  routing_mode: choice("retrieve_tools", ["retrieve_tools", "direct", "code_execution"]),
  call_tool_timeout: duration().transform((timeout) => timeout <= 0 ? 120_000 : timeout),
  init_timeout: initTimeout,
  health_check_interval: healthCheckInterval,
  tool_discovery_interval: toolDiscoveryInterval,
  max_result_size_chars: integer,
  read_only_mode: flag,
  disable_management: flag,
  allow_server_add: flag,
  allow_server_remove: flag,
  enable_code_execution: flag,
  code_execution_timeout_ms: positive(120_000, 600_000),
  code_execution_max_tool_calls: integer.min(0),
  code_execution_pool_size: positive(10, 100),
  code_execution_max_parallel: positive(8, 32),
  quarantine_enabled: flag,
  activity_retention_days: integer,
  activity_max_records: integer,
  activity_max_size_mb: integer,
  activity_max_response_size: integer,
  tls: z.object({
    enabled: flag.refine((enabled) => !enabled, {
      error:
        "TLS is not offered, and serving plain HTTP instead would be unsafe; set it to false and put a TLS reverse proxy in front",
    }),
    require_client_cert: flag,
    certs_dir: optionalText,
    hsts: flag,
  }),
  docker_isolation: z.object({
    enabled: flag,
    mode: isolationMode,
    memory_limit: text,
    cpu_limit: text,
    network_mode: text,
    timeout: duration(),
  }),
  logging: z.object({
    level: choice("info", ["trace", "debug", "info", "warn", "error"]),
    enable_file: flag,
    enable_console: flag,
    filename: text,
    /** Absent: the usual place of the system. */
    log_dir: optionalText,
    /** Megabytes. */
    max_size: integer,
    max_backups: integer,
    /** Days. */
    max_age: integer,
    compress: flag,
    json_format: flag,
  }),
  mcpServers: z.array(server).superRefine((servers, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of servers.entries()) {
      if (seen.has(name)) {
        const message = `the name ${JSON.stringify(name)} is taken by an earlier server`;
        context.addIssue({ code: "custom", path: [index, "name"], message });
      }
      seen.add(name);
    }
  }),
  ...limits,
});

/** What the user sets, with the defaults filled in. Durations are milliseconds. */
export type Config = z.output<typeof configSchema>;

/** One entry of `mcpServers`. Durations are milliseconds. Values may hold `${env:NAME}`, not yet replaced. */
export type ServerConfig = Config["mcpServers"][number];

/** How a server is reached; `auto` decides by whether `command` or `url` is given. */
export type ServerProtocol = ServerConfig["protocol"];

/**
 * A name stands in URLs, in `server:tool` and in log lines, so it must survive all of them. `__` is let in although
 * tools are shown as `server__tool`: the Go program lets it in, and it is for those who name the tools to keep them apart.
 */
function nameFault(name: string): string | undefined {
  if (name === "") return "a server needs a name";
  if (/[:/]/.test(name)) return 'a server name must not contain ":" or "/"';
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return "a server name must not contain control characters";
  if (name === "." || name === "..") return "a server name must be more than dots";
  if (name.length > 200) return "a server name must not be longer than 200 characters";
  return undefined;
}
