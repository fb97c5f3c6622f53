/** The tray and a core that cannot run: what it says, and how each of the ways out works. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { corePid } from "../../lib/ipc/core_lock.ts";
import { Child } from "../support/child.ts";
import { startCore } from "../support/core.ts";
import { testWithPrograms } from "../support/programs.ts";
import { mcpproxy, Sandbox } from "../support/sandbox.ts";
import { pause, until } from "../support/until.ts";
import { scaledClock, startTray } from "./support/tray.ts";

/** What the config file says. */
function configOf(sandbox: Sandbox): Record<string, unknown> {
  return JSON.parse(Deno.readTextFileSync(sandbox.configFile));
}

/** Puts a program in the place of the core. */
function fakeCore(sandbox: Sandbox, script: string): Record<string, string> {
  const path = join(sandbox.folder, "mcpproxy");
  Deno.writeTextFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  Deno.chmodSync(path, 0o700);
  return { MCPPROXY_CORE_PATH: path };
}

/** A port that was free a moment ago. */
function portOf(listener: Deno.TcpListener): number {
  using closing = listener;
  return closing.addr.port;
}

const realCore = `exec ${mcpproxy.map((word) => `'${word}'`).join(" ")} "$@"`;

Deno.test("go fault 15: a port that is taken is told, and one click moves the core to a free one", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = `127.0.0.1:${taken.addr.port}`;
  await using tray = await startTray({ config: { listen, unknown: "kept" } });
  const { state, problem } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "port_in_use" });
  assert.match(problem!, new RegExp(`^Port ${taken.addr.port} `));
  assert.deepEqual(tray.notices.map(({ id, urgency }) => [id, urgency]), [["core", "critical"]]);
  assert.match(tray.notices[0]!.body, /^Port/);

  tray.click("mend/use_free_port");
  const { core } = await tray.isConnected();
  assert.notEqual(core!.listen_addr, listen);
  const { listen: written, unknown } = configOf(tray.sandbox);
  assert.deepEqual([written, unknown], [core!.listen_addr, "kept"]);
  assert.match(tray.notices.at(-1)!.body, new RegExp(core!.listen_addr));
  assert.equal(tray.model.problem, null);
});

testWithPrograms(
  "go fault 15: who holds the port is named, and ended by a click, unless it is another by then",
  ["ss"],
  async () => {
    await using sandbox = await Sandbox.create();
    const port = portOf(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    const code = `const listener = Deno.listen({ hostname: "127.0.0.1", port: ${port} });
      console.log("listens");
      for await (const connection of listener) connection.close();`;
    const hold = async () => {
      const child = new Child(Deno.execPath(), { args: ["eval", code] });
      await child.line("listens");
      return child;
    };
    await using first = await hold();
    sandbox.writeConfig({ listen: `127.0.0.1:${port}` });
    await using tray = await startTray({ sandbox });
    await tray.until(({ portHolder }) => portHolder !== null, "it is known who holds the port");
    const label = () => tray.views.at(-1)!.menu.find(({ id }) => id === "mend/end_port_holder");
    assert.equal(label()?.label, `End deno (pid ${first.pid})`);

    first.kill("SIGKILL");
    await first.status;
    await using second = await hold();
    tray.click("mend/end_port_holder");
    await until(() => tray.notices.length === 2, "it says why not");
    assert.match(tray.notices[1]!.body, new RegExp(`pid ${second.pid}`));
    tray.click("mend/start_core");
    await tray.until(({ portHolder }) => portHolder?.pid === second.pid, "the other is known");
    assert.equal(tray.model.state.name, "failed");
    tray.click("mend/end_port_holder");
    const { core } = await tray.isConnected();
    assert.equal(core!.listen_addr, `127.0.0.1:${port}`);
    assert.equal((await second.status).signal, "SIGTERM");
    assert.equal(label(), undefined);
  },
);

Deno.test("go fault 15: where a flag decides on the port, the click says so and changes nothing", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = `127.0.0.1:${taken.addr.port}`;
  await using tray = await startTray({ flags: { listen } });
  await tray.is("failed");
  tray.click("mend/use_free_port");
  await until(() => tray.notices.length === 2, "it says why not");
  assert.match(tray.notices[1]!.body, /--listen decides/);
  assert.equal(configOf(tray.sandbox).listen, "127.0.0.1:0");
});

Deno.test("a broken config is told by its line, and the core starts by itself as soon as it is mended", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig('{\n  "listen": "127.0.0.1:0",\n  oops\n}\n');
  await using tray = await startTray({ sandbox });
  const { state, problem, configLine } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "configuration" });
  assert.match(problem!, /mcp_config\.json:3:/);
  assert.equal(configLine, 3);
  tray.click("open_config");
  await until(() => tray.opened.length > 0, "the config is shown");
  assert.deepEqual(tray.opened, [`${sandbox.configFile}:3`]);

  sandbox.writeConfig('{\n  "listen": "127.0.0.1:0",\n  oops,\n}\n'); // no better
  await pause(500);
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  await tray.isConnected();
  assert.equal(tray.model.configLine, null);
  assert.equal(tray.notices.length, 1);

  // Broken while it runs, it is told, and disturbs nothing.
  const pid = tray.corePid;
  sandbox.writeConfig('{\n  "listen": 5\n}\n');
  const broken = await tray.until(({ problem }) => problem !== null, "the core has told it");
  assert.equal(broken.configLine, 2);
  assert.equal(broken.core!.pid, pid);
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  await tray.until(({ problem }) => problem === null, "it is mended");
});

Deno.test("go fault 14: loose permissions are told before anything is started, and one click mends them", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  Deno.chmodSync(sandbox.dataDir, 0o755);
  Deno.chmodSync(sandbox.configFile, 0o644);
  await using tray = await startTray({ sandbox });
  const { state, problem } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "permission" });
  assert.match(problem!, /mode 0755, must be 0700/);
  assert.match(tray.notices[0]!.body, /chmod 700/);
  assert(!tray.states.includes("launching"));
  assert.deepEqual([...Deno.readDirSync(sandbox.dataDir)].map(({ name }) => name), [
    "mcp_config.json",
  ]);

  tray.click("mend/fix_permissions");
  await tray.isConnected();
  assert.equal(Deno.statSync(sandbox.dataDir).mode! & 0o777, 0o700);
  assert.equal(Deno.statSync(sandbox.configFile).mode! & 0o777, 0o600);
  const said = tray.notices.at(-1)!.body;
  assert.match(said, /data: mode 0755 is now 0700/);
  assert.match(said, /mcp_config\.json: mode 0644 is now 0600/);
});

Deno.test("go fault 14: permissions that are mended by hand need no click", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  Deno.chmodSync(sandbox.dataDir, 0o770);
  await using tray = await startTray({ sandbox });
  await tray.is("failed");
  Deno.chmodSync(sandbox.dataDir, 0o700);
  await tray.isConnected();
});

Deno.test("go fault 14: a core that ends with exit code 5 has trouble with permissions, too", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  Deno.writeTextFileSync(join(sandbox.dataDir, "mcpproxy.sock"), "somebody's");
  await using tray = await startTray({ sandbox });
  const { state, problem } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "permission" });
  assert.match(problem!, /mcpproxy\.sock .*not a socket/);
  Deno.removeSync(join(sandbox.dataDir, "mcpproxy.sock"));
  tray.click("mend/start_core");
  await tray.isConnected();
});

Deno.test("a core that is not there is told, and started when it is", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  const env = { MCPPROXY_CORE_PATH: join(sandbox.folder, "mcpproxy") };
  await using tray = await startTray({ sandbox, env });
  const { state, problem } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "core_missing" });
  assert.match(problem!, /mcpproxy, which MCPPROXY_CORE_PATH names, is not there/);
  fakeCore(sandbox, realCore);
  tray.click("start_core");
  await tray.isConnected();
});

Deno.test("go fault 24: a core that keeps crashing is given up with its own words, in colours no more", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0", api_key: "k3y-that-nobody-may-see" });
  const env = fakeCore(
    sandbox,
    `echo "$$" >>starts
     printf '\\033[31merror\\033[0m: Uncaught Error: no luck with k3y-that-nobody-may-see\\n' >&2
     echo '2026-11-22T11:55:37.324Z [INF] core: bye' >&2
     exit 7`,
  );
  await using tray = await startTray({ sandbox, env, clock: scaledClock(100) });
  const { state, problem } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "crash_loop" });
  assert.equal(problem, "Error: no luck with [redacted]");
  const starts = Deno.readTextFileSync(join(sandbox.home, "starts")).trim().split("\n");
  assert.equal(starts.length, 5);
  const journal = JSON.stringify(tray.journal);
  assert.match(journal, /"code":7.*no luck/);
  assert(!journal.includes("k3y-that"));
  assert.equal(tray.notices.length, 1);
});

Deno.test("go fault 12: with enable_socket false the tray uses TCP and the key, for calls and events alike", async () => {
  for (const env of [{}, { MCPPROXY_API_KEY: "a-key-from-outside" }]) {
    await using tray = await startTray({ config: { enable_socket: false }, env });
    const { core } = await tray.isConnected();
    assert.equal(core!.transport, "tcp");
    assert.equal(core!.endpoint, `http://${core!.listen_addr}`);
    const server = { name: "new", command: "/no/such/program" };
    const api_key = "MCPPROXY_API_KEY" in env
      ? env.MCPPROXY_API_KEY
      : String(configOf(tray.sandbox).api_key);
    const answer = await fetch(`${core!.endpoint}/api/v1/servers`, {
      method: "POST",
      headers: { "x-api-key": api_key, "content-type": "application/json" },
      body: JSON.stringify(server),
    });
    assert.equal(answer.status, 200, await answer.text());
    await tray.until(({ servers }) => servers[0]?.name === "new", "an event has told it");
    tray.click("disable_server new");
    await tray.until(({ servers }) => servers[0]?.enabled === false, "it is disabled");
    assert.throws(() => Deno.lstatSync(join(tray.sandbox.dataDir, "mcpproxy.sock")));
  }
});

Deno.test("go fault 23: where the private channel is broken, nothing goes by TCP instead", async () => {
  await using core = await startCore({
    config: { listen: "127.0.0.1:0", mcpServers: [{ name: "one", command: "/no" }] },
  });
  await using tray = await startTray({ sandbox: core.sandbox });
  await tray.isConnected();
  Deno.renameSync(core.socket, `${core.socket}.away`);
  tray.click("disable_server one");
  await until(() => tray.notices.length > 0, "it did not work");
  assert.match(tray.notices[0]!.body, /mcpproxy\.sock/);
  assert.equal(tray.model.servers[0]!.enabled, true);
  const metrics = await (await core.overTcp("/metrics")).text();
  assert.match(metrics, /connections_total\{[^}]*tcp[^}]*\} 1\b/);
  Deno.renameSync(`${core.socket}.away`, core.socket);
});

Deno.test("go fault 28: the core gets the PATH of the login shell, and so do its servers", async () => {
  await using sandbox = await Sandbox.create();
  const shell = join(sandbox.folder, "shell");
  const profile = 'PATH="/from/the/profile:$PATH"; export PATH; shift; exec /bin/sh "$@"';
  Deno.writeTextFileSync(shell, `#!/bin/sh\n${profile}\n`, { mode: 0o755 });
  const noted = join(sandbox.folder, "path");
  const server = { name: "one", command: "sh", args: ["-c", 'printenv PATH >"$0"', noted] };
  sandbox.writeConfig({ listen: "127.0.0.1:0", mcpServers: [server] });
  await using tray = await startTray({ sandbox, env: { SHELL: shell } });
  await tray.isConnected();
  const path = await until(() => Deno.readTextFileSync(noted), "the server has noted its PATH");
  assert.match(path, /^\/from\/the\/profile:.*\/bin/);
});

Deno.test("what lies in the channel's place and is not certainly ours is told, and nothing is sent to it or by TCP", async () => {
  await using core = await startCore({ config: { listen: "127.0.0.1:0" } });
  Deno.renameSync(core.socket, `${core.socket}.away`);
  Deno.writeTextFileSync(core.socket, "somebody's");
  await using tray = await startTray({ sandbox: core.sandbox });
  const { state, problem } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "untrusted" });
  assert.match(problem!, /mcpproxy\.sock is not a socket; nothing was sent/);
  assert.equal(Deno.readTextFileSync(core.socket), "somebody's");
  const metrics = await (await core.overTcp("/metrics")).text();
  assert.match(metrics, /connections_total\{[^}]*tcp[^}]*\} 1\b/);
  Deno.renameSync(`${core.socket}.away`, core.socket);
  tray.click("mend/start_core");
  await tray.isConnected();
  assert.equal(tray.corePid, core.pid);
});

Deno.test("where another core takes the data directory first, ours ends with exit code 3 and that one is used", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  const hold = join(sandbox.folder, "hold");
  Deno.writeTextFileSync(hold, "");
  const env = fakeCore(sandbox, `while [ -e '${hold}' ]; do sleep 0.05; done; ${realCore}`);
  await using tray = await startTray({ sandbox, env });
  await tray.is("waiting");
  await using core = await startCore({ sandbox });
  Deno.removeSync(hold);
  await tray.isConnected();
  await tray.until(({ state }) => state.name === "connected" && !state.owned, "it is not ours");
  assert.equal(tray.corePid, core.pid);
  const exits = tray.journal.flatMap((entry) => entry.event === "core_exited" ? [entry] : []);
  assert.deepEqual(exits.map(({ code }) => code), [3]);
  assert.match(exits[0]!.problem!, new RegExp(`pid ${core.pid}`));
});

Deno.test("a data directory that is held again and again, by a core that is never to be found, is told", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  const env = fakeCore(sandbox, "echo 'mcpproxy: held by pid 4711' >&2; exit 3");
  await using tray = await startTray({ sandbox, env });
  const { state, problem } = await tray.is("failed");
  assert.deepEqual(state, { name: "failed", failure: "data_directory_held" });
  assert.equal(problem, "held by pid 4711");
  fakeCore(sandbox, realCore);
  tray.click("mend/start_core");
  await tray.isConnected();
});

Deno.test("the endpoint is the same for both, by flag and by environment, and the key is not handed on", async () => {
  await using sandbox = await Sandbox.create();
  const endpoint = `unix://${sandbox.folder}/elsewhere.sock`;
  const program = fakeCore(sandbox, `env >environment; ${realCore}`);
  for (
    const options of [
      { flags: { trayEndpoint: endpoint }, env: program },
      {
        env: {
          ...program,
          ...{ MCPPROXY_TRAY_ENDPOINT: endpoint, MCPPROXY_API_KEY: "a-key-of-the-tray" },
        },
      },
    ]
  ) {
    await using tray = await startTray({ sandbox, config: { listen: "127.0.0.1:0" }, ...options });
    const { core } = await tray.isConnected();
    assert.equal(core!.endpoint, endpoint);
    const environment = Deno.readTextFileSync(join(sandbox.home, "environment")).split("\n");
    assert(environment.includes("MCPPROXY_LAUNCHED_BY=tray"));
    assert(!environment.some((line) => line.startsWith("MCPPROXY_API_KEY=")));
  }
});

Deno.test("go fault 20: a second tray for the same data directory ends at once and names the first; one for another runs", async () => {
  await using first = await startTray();
  await first.isConnected();
  await using second = await startTray({ sandbox: first.sandbox });
  await assert.rejects(second.running, {
    name: "TrayRunningError",
    exitCode: 3,
    message: /pid \d+/,
  });
  await using other = await startTray();
  await other.isConnected();
  assert.notEqual(other.corePid, first.corePid);
  assert.equal(corePid(first.sandbox.dataDir), first.corePid);
});
