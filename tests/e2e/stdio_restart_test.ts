/** `mcpproxy stdio` while the core comes and goes. */
import assert from "node:assert/strict";
import { eras } from "../mcp/harness.ts";
import { type Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { isRunning } from "../upstream/helper.ts";
import { textOf } from "./support/mcp_clients.ts";
import { fixtureServer } from "./support/servers.ts";
import { connectStdio, coreEnds, coreOf } from "./support/stdio_bridges.ts";

/** The official transport leaves timers running for two seconds after it was closed. */
function test(name: string, run: () => Promise<void>): void {
  Deno.test(name, { sanitizeOps: false, sanitizeResources: false }, run);
}

const config = { listen: "127.0.0.1:0", mcpServers: [fixtureServer("plain")] };

const deaths: [how: string, end: (core: Core) => Promise<unknown>][] = [
  ["is killed", (core) => core.kill9()],
  ["stops in order", (core) => core.stop()],
];

for (const era of eras) {
  for (const [how, end] of deaths) {
    test(`a core that ${how} and is started again costs the client the calls under way (${era})`, async () => {
      await using sandbox = await Sandbox.create();
      await using first = await startCore({ sandbox, config });
      await first.serverIs("plain", "ready");
      let changes = 0;
      const options = { args: ["--all", "--no-start"], onToolsChanged: () => changes++ };
      await using bridged = await connectStdio(sandbox, era, options);
      assert.equal(textOf(await bridged.call("plain__echo", { n: 1 })), '{"n":1}');

      const underWay = bridged.call("plain__wait").then(textOf, String);
      await bridged.call("plain__echo"); // so that the one before is there
      await end(first);
      assert.match(
        await underWay,
        /went away while "tools\/call" was under way|connection to the server was lost/,
      );

      // Sent while there is no core.
      const listed = bridged.client.listTools();
      await using second = await startCore({ sandbox, config });
      await listed;
      await until(() => changes > 0, "the client is told to list the tools again");
      await second.serverIs("plain", "ready");
      assert.equal(textOf(await bridged.call("plain__echo", { n: 2 })), '{"n":2}');

      await until(async () => (await second.api("/connections")).connections.length > 0, "there");
      changes = 0;
      await second.api("/servers", "POST", fixtureServer("plain", { name: "new" }));
      await second.serverIs("new", "ready");
      await until(() => changes > 0, "the client hears of changes as before");
      assert.equal(textOf(await bridged.call("new__echo")), "{}");
    });
  }

  test(`a core that dies and is missed by nobody else is started by the next request (${era})`, async () => {
    await using sandbox = await Sandbox.create();
    await using _core = coreEnds(sandbox);
    sandbox.writeConfig(config);
    await using bridged = await connectStdio(sandbox, era);
    const first = coreOf(sandbox);
    assert(first);
    Deno.kill(first, "SIGKILL");
    await until(() => !isRunning(first), "it is dead");
    assert.equal((await bridged.client.listTools()).tools.length, 3);
    assert.notEqual(coreOf(sandbox), first);
    assert(coreOf(sandbox));
  });
}
