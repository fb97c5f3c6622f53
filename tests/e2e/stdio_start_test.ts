/** `mcpproxy stdio` where no core runs, or none can. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { isRunning } from "../upstream/helper.ts";
import { mark } from "./support/processes.ts";
import { fixtureServer } from "./support/servers.ts";
import { coreEnds, coreOf, modernMeta, RawBridge } from "./support/stdio_bridges.ts";

const config = { listen: "127.0.0.1:0", mcpServers: [] };

Deno.test("a core is started where none runs, outlives the bridge, and serves the next one", async () => {
  await using sandbox = await Sandbox.create();
  await using _core = coreEnds(sandbox);
  const { variable, processes } = mark();
  sandbox.writeConfig({ ...config, mcpServers: [fixtureServer("plain")] });
  await using bridge = new RawBridge(sandbox, { env: variable });
  await bridge.initialize();
  const pid = coreOf(sandbox);
  assert(pid);
  const runtime = JSON.parse(Deno.readTextFileSync(join(sandbox.dataDir, "runtime.json")));
  assert.equal(runtime.launched_by, "stdio");
  assert.equal((await bridge.child.end()).code, 0);
  assert.equal(bridge.said(), "");
  // Its log says what nobody heard on its standard error.
  assert.match(Deno.readTextFileSync(join(sandbox.dataDir, "logs", "main.log")), /ready: tcp/);

  await using next = new RawBridge(sandbox, { args: ["--no-start"] });
  await next.initialize();
  assert.equal(coreOf(sandbox), pid);
  await next.child.end();
  // What a hangup or Ctrl+C of the client's terminal reaches is not the core.
  const ps = await new Deno.Command("ps", { args: ["-o", "pgid=", "-p", `${pid}`] }).output();
  assert.equal(Number(new TextDecoder().decode(ps.stdout)), pid);

  Deno.kill(pid, "SIGTERM");
  await until(() => !isRunning(pid), "the core has ended");
  await until(() => processes().length === 0, "nothing is left of all of them");
});

Deno.test("bridges that start at once end up with one core", async () => {
  await using sandbox = await Sandbox.create();
  await using _core = coreEnds(sandbox);
  const { variable, processes } = mark();
  sandbox.writeConfig(config);
  await using all = new AsyncDisposableStack();
  const bridges = [1, 2, 3].map(() => all.use(new RawBridge(sandbox, { env: variable })));
  await Promise.all(bridges.map((bridge) => bridge.initialize()));
  for (const bridge of bridges) {
    assert.equal((await bridge.child.end()).code, 0);
    assert.equal(bridge.said(), "");
  }
  await until(() => processes().length === 1, "one process is left");
  assert.deepEqual(processes(), [coreOf(sandbox)]);
});

Deno.test("--no-start: the client and the log are told that no core runs", async () => {
  await using sandbox = await Sandbox.create();
  await using bridge = new RawBridge(sandbox, { args: ["--no-start"] });
  const told = `No mcpproxy core is running for ${sandbox.dataDir}. Start one: mcpproxy serve`;
  const { error } = await bridge.request("server/discover", { _meta: modernMeta });
  assert.deepEqual(error, { code: -32000, message: told });
  assert.equal((await bridge.child.status).code, 1);
  assert.equal(bridge.said(), `mcpproxy: ${told}\n`);
  assert.equal(coreOf(sandbox), null);

  const silent = await sandbox.run(["stdio", "--no-start", "--data-dir", sandbox.dataDir]);
  assert.deepEqual(silent, { code: 1, stdout: "", stderr: `mcpproxy: ${told}\n` });
});

const faults: [name: string, code: number, told: RegExp, make: (sandbox: Sandbox) => void][] = [
  [
    "a data directory that is open to others",
    5,
    /is open to other users \(mode 0755, must be 0700\)\. Run: chmod 700/,
    (sandbox) => {
      sandbox.writeConfig(config);
      Deno.chmodSync(sandbox.dataDir, 0o755);
    },
  ],
  [
    "a mistake in the config",
    4,
    /did not start: .*mcp_config\.json:\d+:\d+: mcpServers: expected array/,
    (sandbox) => sandbox.writeConfig({ mcpServers: 4 }),
  ],
  [
    "a file at the place of the socket",
    5,
    /did not start: .*mcpproxy\.sock/,
    (sandbox) => {
      sandbox.writeConfig(config);
      Deno.writeTextFileSync(join(sandbox.dataDir, "mcpproxy.sock"), "");
    },
  ],
];
for (const [name, code, told, make] of faults) {
  Deno.test(`${name}: one line says so, to the client too`, async () => {
    await using sandbox = await Sandbox.create();
    make(sandbox);
    await using bridge = new RawBridge(sandbox);
    const { error } = await bridge.request("initialize", { protocolVersion: "2025-11-25" });
    assert.match(error!.message, told);
    assert.equal((await bridge.child.status).code, code);
    assert.match(bridge.said(), told);
    assert.equal(bridge.said().trimEnd().split("\n").length, 1);
    assert.equal(coreOf(sandbox), null);
  });
}

Deno.test("a port that is taken: exit code 2", async () => {
  await using sandbox = await Sandbox.create();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  sandbox.writeConfig({ ...config, listen: `127.0.0.1:${(taken.addr as Deno.NetAddr).port}` });
  await using bridge = new RawBridge(sandbox);
  assert.match(
    (await bridge.request("ping")).error!.message,
    /did not start: Port \d+ on .* in use/,
  );
  assert.equal((await bridge.child.status).code, 2);
});

Deno.test("the endpoint that the bridge was given is the one of the core that it starts", async () => {
  await using sandbox = await Sandbox.create();
  await using _core = coreEnds(sandbox);
  sandbox.writeConfig(config);
  const endpoint = `unix://${join(sandbox.folder, "home", "other.sock")}`;
  await using bridge = new RawBridge(sandbox, { args: ["--tray-endpoint", endpoint] });
  await bridge.initialize();
  const runtime = JSON.parse(Deno.readTextFileSync(join(sandbox.dataDir, "runtime.json")));
  assert.equal(runtime.endpoint, endpoint);
  await bridge.child.end();
});

Deno.test("the client's config that a core shows when it starts leads to that core", async () => {
  await using core = await startCore({ config });
  const shown = core.output().split("\n").find((line) => line.includes('"stdio"'));
  const { command, args } = JSON.parse(shown!).mcpServers.mcpproxy;
  await using bridge = new RawBridge(core.sandbox, { command: [command, ...args, "--no-start"] });
  await bridge.initialize();
  assert.equal((await bridge.child.end()).code, 0);
});

Deno.test("with enable_socket false it goes by TCP with the key of the config, and past any proxy", async () => {
  await using sandbox = await Sandbox.create();
  await using core = await startCore({
    sandbox,
    config: { ...config, enable_socket: false, mcpServers: [fixtureServer("plain")] },
  });
  // A proxy would get the key to see; this one is not there, so who asks it fails.
  const env = { HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" };
  await using bridge = new RawBridge(sandbox, { args: ["--all", "--log-level", "info"], env });
  await bridge.initialize();
  await until(async () => {
    const { result } = await bridge.request("tools/call", { name: "plain__echo" });
    return result?.isError !== true;
  }, "the server is ready");
  assert.match(bridge.said(), new RegExp(`transport=tcp endpoint=http://${core.tcp}`));
  await core.kill9();
  await using _again = await startCore({ sandbox });
  assert((await bridge.request("tools/list")).result);
  assert.equal((await bridge.child.end()).code, 0);
});
