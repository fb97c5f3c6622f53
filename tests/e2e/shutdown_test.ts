/** How a core ends: soon, cleanly, and with everything that it has started, whatever is going on. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { eras } from "../mcp/harness.ts";
import { type Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { EventReader } from "./support/events.ts";
import { connectClient } from "./support/mcp_clients.ts";
import { mark } from "./support/processes.ts";
import { fixtureServer, realNames, realServers } from "./support/servers.ts";

/** Tells the core to stop and looks that nothing is left of it. */
async function assertStopsCleanly(core: Core, signal: Deno.Signal = "SIGTERM"): Promise<void> {
  const { code, milliseconds } = await core.stop(signal);
  assert.equal(code, 0, core.output());
  assert(milliseconds < 5_000, `${milliseconds} ms`);
  const left = [...Deno.readDirSync(core.dataDir)].map(({ name }) => name);
  assert(!left.includes("mcpproxy.sock"), `go fault 5: ${left}`);
  assert(!left.includes("runtime.json"), `${left}`);
  assert(left.includes("core.lock"), "the lock file stays for the next core");
  assert.doesNotMatch(core.output(), /panic|Uncaught|^ {4}at /m);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`go fault 5: ${signal} ends the core, and socket and runtime.json are gone`, async () => {
    await using core = await startCore();
    await assertStopsCleanly(core, signal);
  });

  Deno.test(`${signal} ends three real servers too`, async () => {
    const { variable, processes } = mark();
    await using sandbox = await Sandbox.create();
    await using core = await startCore({
      sandbox,
      config: { mcpServers: realServers(sandbox.folder, variable) },
    });
    await Promise.all(realNames.map((name) => core.serverIs(name, "ready")));
    assert.equal(processes().length, 3);
    await assertStopsCleanly(core, signal);
    assert.deepEqual(processes(), []);
  });
}

Deno.test("a server that ignores signals is ended by force, and so is what servers have started", async () => {
  const { variable: env, processes } = mark();
  await using core = await startCore({
    config: {
      mcpServers: [fixtureServer("ignores_term", { env }), fixtureServer("grandchild", { env })],
    },
  });
  await Promise.all(["ignores_term", "grandchild"].map((name) => core.serverIs(name, "ready")));
  assert(processes().length >= 3);
  await assertStopsCleanly(core);
  assert.deepEqual(processes(), []);
});

Deno.test("servers that hang or flood do not keep the core from ending", async () => {
  const { variable: env, processes } = mark();
  const modes = ["silent", "deaf", "flood_stdout", "flood_stderr", "flood_changed"];
  await using core = await startCore({
    config: { mcpServers: modes.map((mode) => fixtureServer(mode, { env })) },
  });
  await until(() => processes().length >= modes.length, "all have been started");
  await assertStopsCleanly(core);
  assert.deepEqual(processes(), []);
});

Deno.test("go fault 3: open event streams end with the core, without a panic", async () => {
  await using core = await startCore();
  await using overSocket = await EventReader.open((init) => core.overSocket("/events", init));
  await using overTcp = await EventReader.open((init) => core.overTcp("/events", init));
  await Promise.all([overSocket.next("status"), overTcp.next("status")]);
  await assertStopsCleanly(core);
  await until(() => overSocket.ended && overTcp.ended, "both streams have ended");
});

for (const era of eras) {
  Deno.test(`open MCP connections with calls under way end with the core (${era})`, async () => {
    await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
    await core.serverIs("plain", "ready");
    await using overTcp = await connectClient(core, "/mcp/all", era, "tcp", () => {});
    await using overSocket = await connectClient(core, "/mcp", era, "channel", () => {});
    const calls = [overTcp, overSocket].map(({ call }) => call("plain:wait"));
    for (const call of calls) call.catch(() => {}); // ends with its client, if not before
    // An answer to a later call says that the earlier one has arrived.
    await Promise.all([overTcp, overSocket].map(({ call }) => call("plain:echo")));
    await assertStopsCleanly(core);
  });
}

Deno.test("a request that was sent by half and a connection that sends nothing do not keep the core from ending", async () => {
  await using core = await startCore();
  const [hostname, port] = core.tcp.split(":");
  const half =
    `POST /api/v1/servers HTTP/1.1\r\nHost: ${core.tcp}\r\nX-API-Key: ${core.apiKey}\r\n` +
    "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
  using tcp = await Deno.connect({ hostname: hostname!, port: Number(port) });
  using unix = await Deno.connect({ transport: "unix", path: core.socket });
  using _silentTcp = await Deno.connect({ hostname: hostname!, port: Number(port) });
  using _silentUnix = await Deno.connect({ transport: "unix", path: core.socket });
  for (const connection of [tcp, unix]) await connection.write(new TextEncoder().encode(half));
  await core.api("/status");
  await assertStopsCleanly(core);
});

Deno.test("a second signal ends the core at once, and its servers all the same", async () => {
  const { variable: env, processes } = mark();
  await using core = await startCore({
    config: { mcpServers: [fixtureServer("ignores_term", { env })] },
  });
  await core.serverIs("ignores_term", "ready");
  core.kill("SIGTERM");
  await until(() => core.output().includes("Stopping"), "the first signal was heard");
  const { milliseconds } = await core.stop("SIGTERM");
  assert(milliseconds < 1_000, `${milliseconds} ms`);
  await until(() => processes().length === 0, "its server is gone", 10_000);
  // What it has left behind is no trouble for the next.
  await using next = await startCore({ sandbox: core.sandbox });
  assert.equal((await next.api("/status")).running, true);
});

Deno.test("a core that is told to stop while its servers are still connecting leaves none behind", async () => {
  const { variable: env, processes } = mark();
  await using sandbox = await Sandbox.create();
  const folder = join(sandbox.folder, "files");
  Deno.mkdirSync(folder);
  await using core = await startCore({
    sandbox,
    config: { mcpServers: [...realServers(folder, env), fixtureServer("plain", { env })] },
  });
  await assertStopsCleanly(core);
  assert.deepEqual(processes(), []);
});
