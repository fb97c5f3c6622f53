/**
 * What holds where the config file says nothing: one table, in the spelling of the file, from which both the
 * typed config and the view of the effective config are made. `data_dir` and `api_key` have no fixed default.
 */
import { isObject, type JsonObject } from "../json_object.ts";

const DEFAULTS: Readonly<JsonObject> = {
  listen: "127.0.0.1:8080",
  enable_socket: true,
  tray_endpoint: "",
  trusted_hosts: [],
  tools_limit: 15,
  tool_response_limit: 20_000,
  tool_response_mode: "full",
  routing_mode: "retrieve_tools",
  call_tool_timeout: "2m0s",
  init_timeout: "30s",
  health_check_interval: "30s",
  tool_discovery_interval: "5m0s",
  max_result_size_chars: 500_000,
  read_only_mode: false,
  disable_management: false,
  allow_server_add: true,
  allow_server_remove: true,
  enable_code_execution: false,
  code_execution_timeout_ms: 120_000,
  code_execution_max_tool_calls: 0,
  code_execution_pool_size: 10,
  code_execution_max_parallel: 8,
  quarantine_enabled: true,
  activity_retention_days: 90,
  activity_max_records: 100_000,
  activity_max_size_mb: 256,
  activity_max_response_size: 65_536,
  tls: { enabled: false, require_client_cert: false, certs_dir: "", hsts: true },
  docker_isolation: {
    enabled: false,
    mode: "",
    memory_limit: "512m",
    cpu_limit: "1.0",
    network_mode: "bridge",
    timeout: "30s",
  },
  logging: {
    level: "info",
    enable_file: false,
    enable_console: true,
    filename: "main.log",
    log_dir: "",
    max_size: 10,
    max_backups: 5,
    max_age: 30,
    compress: true,
    json_format: false,
  },
  mcpServers: [],
};

/**
 * Fills in the defaults. `null` counts as absent, as it does for the Go program, which writes it for empty lists.
 * @param raw the root object of a config file
 * @returns a new object with everything of `raw` that is not null, and the defaults for the rest
 */
export function withDefaults(raw: JsonObject): JsonObject {
  const given = withoutNulls(raw) as JsonObject;
  const filled: JsonObject = { ...DEFAULTS, ...given };
  for (const [name, fallback] of Object.entries(DEFAULTS)) {
    if (isObject(fallback) && isObject(given[name])) filled[name] = { ...fallback, ...given[name] };
  }
  return filled;
}

/** `Object.fromEntries` throughout: assigning to a key named `__proto__` would change the prototype instead. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNulls(member)]),
  );
}
