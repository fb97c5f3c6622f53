import { equal, match } from "node:assert/strict";
import { configSchema, type ServerConfig } from "../../lib/config/schema.ts";
import { withDefaults } from "../../lib/config/defaults.ts";
import type { UpstreamSettings } from "../../lib/upstream/options.ts";
import { refusalOf } from "../../lib/upstream/refusal.ts";

const settings: UpstreamSettings = {
  callToolTimeout: 1_000,
  initTimeout: 1_000,
  healthCheckInterval: 0,
  toolDiscoveryInterval: 0,
  dockerIsolation: { enabled: true },
};

function server(fields: Record<string, unknown>): ServerConfig {
  const config = configSchema.parse(withDefaults({ mcpServers: [{ name: "one", ...fields }] }));
  return config.mcpServers[0]!;
}

Deno.test("a server that its own command runs in a container needs no isolation of ours", () => {
  for (const command of ["docker", "/usr/bin/docker", "podman", "C:\\Docker\\docker.exe"]) {
    equal(refusalOf(server({ command, args: ["run", "-i", "image"] }), settings), null, command);
  }
  for (const command of ["dockerish", "not-docker", "/opt/docker/server", "npx"]) {
    match(refusalOf(server({ command }), settings) ?? "", /docker_isolation/, command);
  }
});
