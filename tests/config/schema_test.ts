import assert from "node:assert/strict";
import { ConfigIssuesError } from "../../lib/config/error.ts";
import type { ServerConfig } from "../../lib/config/schema.ts";
import { parseConfig } from "../../lib/config/text.ts";
import { goConfig } from "./folder.ts";

const parse = async (value: unknown) => (await parseConfig(JSON.stringify(value), "c.json")).config;

/** Parses what must be refused, and returns `field: message` of each issue. */
async function issues(value: unknown): Promise<string[]> {
  try {
    await parse(value);
  } catch (error) {
    assert.ok(error instanceof ConfigIssuesError);
    assert.equal(error.exitCode, 4);
    return error.issues.map(({ field, message }) => `${field}: ${message}`);
  }
  throw new assert.AssertionError({ message: "it was accepted" });
}

const server = (fields: Record<string, unknown>) => ({
  mcpServers: [{ name: "one", command: "true", ...fields }],
});

Deno.test("an empty config has the Go program's defaults", async () => {
  const config = await parse({});
  const expected = {
    listen: "127.0.0.1:8080",
    enable_socket: true,
    trusted_hosts: [],
    tools_limit: 15,
    tool_response_limit: 20_000,
    tool_response_mode: "full",
    routing_mode: "retrieve_tools",
    call_tool_timeout: 120_000,
    init_timeout: 30_000,
    health_check_interval: 30_000,
    tool_discovery_interval: 300_000,
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
    mcpServers: [],
  };
  for (const [field, value] of Object.entries(expected)) {
    assert.deepEqual(config[field as keyof typeof config], value, field);
  }
  assert.deepEqual({ ...config.tls }, {
    enabled: false,
    require_client_cert: false,
    certs_dir: undefined,
    hsts: true,
  });
  assert.equal(config.docker_isolation.mode, undefined);
  assert.equal(config.docker_isolation.timeout, 30_000);
  assert.equal(config.logging.filename, "main.log");
  for (const field of ["tray_endpoint", "data_dir", "api_key", "require_mcp_auth"] as const) {
    assert.equal(config[field], undefined);
  }
});

Deno.test("a server's defaults", async () => {
  const { mcpServers } = await parse({ mcpServers: [{ name: "one", url: "http://a" }] });
  const expected: ServerConfig = {
    name: "one",
    protocol: "auto",
    enabled: true,
    quarantined: false,
    args: [],
    url: "http://a",
    env: {},
    headers: {},
  };
  assert.deepEqual(JSON.parse(JSON.stringify(mcpServers[0])), expected);
});

Deno.test("a config of the Go program is read whole", async () => {
  const { config, raw } = await parseConfig(await goConfig(), "mcp_config.json");
  assert.equal(config.require_mcp_auth, false);
  assert.equal(config.data_dir, undefined);
  const [github, filesystem, sentry] = config.mcpServers;
  assert.equal(github!.oauth, undefined);
  assert.equal(github!.protocol, "streamable-http");
  assert.equal(filesystem!.quarantined, true);
  assert.equal(filesystem!.init_timeout, 90_000);
  assert.equal(filesystem!.health_check_interval, 60_000);
  assert.deepEqual(filesystem!.disabled_tools, ["write_file", "move_file"]);
  assert.equal(filesystem!.isolation?.enabled, false);
  assert.equal(sentry!.name, "sentry__eu");
  assert.equal(sentry!.enabled, false);
  assert.equal(sentry!.queue_timeout, 500);
  assert.equal(sentry!.oauth?.client_id, "mcpproxy");
  assert.ok("registries" in raw && "large_number" in raw);
  assert.ok(!("features" in config));
});

Deno.test("what the Go program takes for its default, we do too", async () => {
  const config = await parse({
    listen: "",
    mcpServers: null,
    trusted_hosts: null,
    tls: null,
    tools_limit: 0,
    tool_response_limit: -1,
    call_tool_timeout: "0s",
    init_timeout: "0s",
    health_check_interval: "0s",
    code_execution_timeout_ms: 0,
    code_execution_pool_size: -1,
    code_execution_max_parallel: 0,
    routing_mode: "",
    tool_response_mode: "",
    api_key: "",
    logging: { level: "" },
    docker_isolation: { enabled: true, mode: "" },
  });
  assert.equal(config.listen, "127.0.0.1:8080");
  assert.deepEqual(config.mcpServers, []);
  assert.equal(config.tools_limit, 15);
  assert.equal(config.tool_response_limit, 0);
  assert.equal(config.call_tool_timeout, 120_000);
  assert.equal(config.init_timeout, 30_000);
  assert.equal(config.health_check_interval, 0);
  assert.equal(config.code_execution_timeout_ms, 120_000);
  assert.equal(config.code_execution_pool_size, 10);
  assert.equal(config.code_execution_max_parallel, 8);
  assert.equal(config.routing_mode, "retrieve_tools");
  assert.equal(config.api_key, undefined);
  assert.equal(config.logging.level, "info");
  assert.equal(config.logging.max_size, 10);
  assert.equal(config.docker_isolation.enabled, true);
  assert.equal(config.docker_isolation.mode, undefined);

  const { mcpServers: [one] } = await parse(server({
    protocol: "",
    url: "",
    working_dir: "",
    env: null,
    oauth: {},
    enabled_tools: [],
    disabled_tools: ["a"],
    isolation: { mode: "" },
    trust_mode: "Scan",
  }));
  assert.equal(one!.protocol, "auto");
  assert.equal(one!.url, undefined);
  assert.equal(one!.working_dir, undefined);
  assert.deepEqual(one!.env, {});
  assert.equal(one!.enabled_tools, undefined);
  assert.deepEqual(one!.disabled_tools, ["a"]);
  assert.equal(one!.isolation?.mode, undefined);
  assert.equal(one!.trust_mode, "manual");
});

Deno.test("values that are wrong are refused by field", async () => {
  const table: [Record<string, unknown>, RegExp][] = [
    [{ listen: "nonsense" }, /^listen: expected "host:port"/],
    [{ listen: 8080 }, /^listen: expected string/],
    [{ enable_socket: "yes" }, /^enable_socket: expected boolean/],
    [{ require_mcp_auth: "false" }, /^require_mcp_auth: expected boolean/],
    [{ tools_limit: 1001 }, /^tools_limit: Too big/],
    [{ tools_limit: 1.5 }, /^tools_limit: expected int/],
    [{ routing_mode: "other" }, /^routing_mode: expected one of/],
    [{ call_tool_timeout: 120 }, /^call_tool_timeout: expected a duration in quotes/],
    [{ call_tool_timeout: "2 minutes" }, /^call_tool_timeout: expected a duration in quotes/],
    [{ init_timeout: "31m" }, /^init_timeout: expected "0s" or a duration between 1s and 30m/],
    [{ health_check_interval: "1s" }, /^health_check_interval: .* between 5s and 1h/],
    [{ tool_discovery_interval: "-1m" }, /^tool_discovery_interval: .* between 30s and 24h/],
    [{ tls: { enabled: true } }, /^tls\.enabled: TLS is not offered.*set it to false/],
    [{ tls: { enabled: "true" } }, /^tls\.enabled: expected boolean/],
    [{ docker_isolation: { mode: "podman" } }, /^docker_isolation\.mode: expected one of/],
    [{ logging: { level: "loud" } }, /^logging\.level: expected one of/],
    [{ trusted_hosts: "*" }, /^trusted_hosts: expected array/],
    [{ mcpServers: {} }, /^mcpServers: expected array/],
    [{ mcpServers: [null] }, /^mcpServers\[0\]: expected object/],
    [{ mcpServers: [{ command: "true" }] }, /name: expected string, but it is missing/],
    [server({ name: "" }), /^mcpServers\[0\]\.name: a server needs a name/],
    [server({ name: "a:b" }), /^mcpServers\[0\]\.name: .*":" or "\/"/],
    [server({ name: "a/b" }), /^mcpServers\[0\]\.name: .*":" or "\/"/],
    [server({ name: "a\u0000b" }), /^mcpServers\[0\]\.name: .*control characters/],
    [server({ name: "a\u009bb" }), /^mcpServers\[0\]\.name: .*control characters/],
    [server({ name: "a\ud800b" }), /^mcpServers\[0\]\.name: .*control characters/],
    [server({ name: ".." }), /^mcpServers\[0\]\.name: .*more than dots/],
    [server({ name: "x".repeat(201) }), /^mcpServers\[0\]\.name: .*longer than 200/],
    [server({ protocol: "ftp" }), /^mcpServers\[0\]\.protocol: expected one of/],
    [server({ protocol: "http" }), /^mcpServers\[0\]\.url: protocol "http" needs a url/],
    [server({ command: "" }), /^mcpServers\[0\]\.command: give a command to start or a url/],
    [server({ protocol: "stdio", command: "", url: "http://a" }), /command: .*needs a command/],
    [server({ env: { PORT: 3000 } }), /^mcpServers\[0\]\.env\.PORT: expected string/],
    [server({ env: { "A B": true } }), /^mcpServers\[0\]\.env\["A B"\]: expected string/],
    [server({ args: ["a", 1] }), /^mcpServers\[0\]\.args\[1\]: expected string/],
    [server({ enabled_tools: ["a"], disabled_tools: ["b"] }), /^mcpServers\[0\]\.disabled_tools: /],
    [server({ init_timeout: 30 }), /^mcpServers\[0\]\.init_timeout: expected a duration/],
    [server({ isolation: { enabled: 1 } }), /^mcpServers\[0\]\.isolation\.enabled: /],
  ];
  for (const [value, expected] of table) {
    const found = await issues(value);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, expected);
  }
});

Deno.test("two servers of one name are refused; names with __ are not", async () => {
  const named = (...names: string[]) => ({
    mcpServers: names.map((name) => ({ name, command: "true" })),
  });
  assert.deepEqual(await issues(named("a", "b", "a")), [
    'mcpServers[2].name: the name "a" is taken by an earlier server',
  ]);
  assert.equal((await parse(named("a", "a__b", "a_", "A", "__proto__"))).mcpServers.length, 5);
});

Deno.test("five thousand servers of one name do not take for ever", async () => {
  const entry = '{"name":"x","command":"true"}';
  const text = `{"mcpServers":[${Array(5_000).fill(entry).join(",")}]}`;
  await assert.rejects(parseConfig(text, "c.json"), /and \d+ more/);
});
