import assert from "node:assert/strict";
import { fieldsNeedingRestart } from "../../lib/config/changes.ts";
import { parseConfig } from "../../lib/config/text.ts";

const parse = async (value: unknown) => (await parseConfig(JSON.stringify(value), "c.json")).config;

Deno.test("what is bound at the start needs a restart, all else is hot", async () => {
  const started = await parse({});
  const hot = await parse({
    api_key: "new",
    trusted_hosts: ["a"],
    require_mcp_auth: false,
    read_only_mode: true,
    call_tool_timeout: "1m",
    mcpServers: [{ name: "a", command: "true" }],
    unknown: 1,
  });
  assert.deepEqual(fieldsNeedingRestart(started, hot), []);
  const cold = await parse({
    tray_endpoint: "unix:///x",
    enable_socket: false,
    data_dir: "/d",
    listen: "127.0.0.1:1",
    tls: { hsts: false },
    logging: { level: "debug" },
  });
  assert.deepEqual(fieldsNeedingRestart(started, cold), [
    "listen",
    "data_dir",
    "enable_socket",
    "tray_endpoint",
    "tls",
    "logging",
  ]);
  // The default written down is no change.
  assert.deepEqual(
    fieldsNeedingRestart(started, await parse({ listen: "127.0.0.1:8080", tls: {} })),
    [],
  );
});
