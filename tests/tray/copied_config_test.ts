/** The client's config that the tray copies: it is what a client needs, as it stands. */
import assert from "node:assert/strict";
import { textOf } from "../e2e/support/mcp_clients.ts";
import { fixtureServer } from "../e2e/support/servers.ts";
import { connectCommand } from "../e2e/support/stdio_bridges.ts";
import { until } from "../support/until.ts";
import { startTray } from "./support/tray.ts";

Deno.test(
  "the official client, started with the config that was copied, reaches the servers of the tray's core",
  // The client's transport leaves timers running for two seconds after it was closed.
  { sanitizeOps: false, sanitizeResources: false },
  async () => {
    await using tray = await startTray({ config: { mcpServers: [fixtureServer("plain")] } });
    await tray.until(({ servers }) => servers[0]?.state === "ready", "its server is ready");
    tray.click("copy_client_config");
    const text = await until(() => tray.copied[0], "it is copied");
    const { mcpServers } = JSON.parse(text);
    await using bridged = await connectCommand(mcpServers.mcpproxy, tray.sandbox);
    const result = await bridged.call("call_tool", { name: "plain:echo", args: { a: 1 } });
    assert.match(textOf(result), /"a":1/);
    assert.equal(bridged.said(), "");
  },
);
