/** Cores that crash, that are started again at once, and that race each other for one data directory. */
import assert from "node:assert/strict";
import { Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { pause, until } from "../support/until.ts";
import { mark } from "./support/processes.ts";
import { fixtureServer, realNames, realServers } from "./support/servers.ts";

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** What a core that was killed may leave behind, temporary files of saves that it was killed in among it. */
const mayStay = new Set([
  ...["core.lock", "mcp_config.json", "mcpproxy.sock"],
  ...["runtime.json", "runtime.json.tmp", "children.json", "children.json.tmp"],
]);

Deno.test("a core that was killed is followed by the next at once, two hundred times, and leaves nothing more behind", async () => {
  const { variable: env, processes } = mark();
  const server = fixtureServer("plain", { env });
  await Promise.all([1, 2, 3, 4].map(() => killAndRestart(50, server)));
  await until(() => processes().length === 0, "no server is left");
});

/** Cores one after the other on one data directory, each killed as soon as it is ready. */
async function killAndRestart(rounds: number, server: ReturnType<typeof fixtureServer>) {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ mcpServers: [] });
  const withServer = rounds - 6; // which takes a little longer
  let apiKey: string | undefined;
  for (let round = 0; round < rounds; round++) {
    if (round === withServer) sandbox.writeConfig({ api_key: apiKey, mcpServers: [server] });
    await using core = await startCore({ sandbox });
    const ready = await core.overSocket("/readyz");
    assert.deepEqual(await ready.json(), { ready: true }, `round ${round}`);
    if (round >= withServer && round % 3 === 0) await core.serverIs("plain", "ready");
    apiKey ??= core.apiKey;
    assert.equal(core.apiKey, apiKey);
    await core.kill9();
    const more = filesIn(core.dataDir).filter((name) => !mayStay.has(name));
    assert.deepEqual(more, [], `round ${round}`);
  }
}

Deno.test("a core may be killed at any moment of its start", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ mcpServers: [] });
  for (let round = 0; round < 12; round++) {
    await using core = new Core({}, sandbox);
    await pause(40 + 30 * round);
    await core.kill9();
  }
  await using core = await startCore({ sandbox });
  assert.equal((await core.api("/status")).running, true);
  // A save that was cut off leaves its temporary file, which a save a minute later removes.
  assert.deepEqual(
    filesIn(core.dataDir).filter((name) => !/^\.mcp_config\.json\.[0-9a-f]+\.tmp$/.test(name)),
    ["core.lock", "mcp_config.json", "mcpproxy.sock", "runtime.json"],
  );
});

// SIGHUP: its terminal was closed.
for (const signal of ["SIGKILL", "SIGHUP"] as const) {
  Deno.test(`when a core ends by ${signal} its three real servers are gone within seconds`, async () => {
    await using sandbox = await Sandbox.create();
    const { variable, processes } = mark();
    const grandchild = fixtureServer("grandchild", { env: variable });
    const mcpServers = [...realServers(sandbox.folder, variable), grandchild];
    await using core = await startCore({ sandbox, config: { mcpServers } });
    await Promise.all([...realNames, "grandchild"].map((name) => core.serverIs(name, "ready")));
    assert(processes().length >= 5);
    await core.stop(signal);
    await until(() => processes().length === 0, "all processes are gone", 10_000);
  });
}

Deno.test("a core that was started by nohup outlives its terminal", async () => {
  await using core = await startCore({ through: ["nohup"] });
  core.kill("SIGHUP");
  await pause(200);
  assert.equal((await core.api("/status")).running, true);
});

for (const count of [2, 20]) {
  Deno.test(`of ${count} cores that are started at once on one data directory, one serves and the others exit 3`, async () => {
    await using sandbox = await Sandbox.create();
    await using all = new AsyncDisposableStack();
    const cores = Array.from({ length: count }, () => all.use(new Core({}, sandbox)));
    const running = () => cores.filter(({ exitCode }) => exitCode === null);
    await until(() => running().length === 1, "all but one have ended", 90_000);

    const winner = running()[0]!;
    await winner.ready();
    assert.equal((await winner.api("/info")).pid, winner.pid);
    for (const core of cores) {
      if (core === winner) continue;
      assert.equal(core.exitCode, 3, core.output());
      assert.match(core.output(), /Another mcpproxy core.* holds the data directory/);
    }
  });
}
