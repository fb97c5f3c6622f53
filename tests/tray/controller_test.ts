/** The tray on real cores: finding, starting, losing and stopping them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { corePid, isCoreRunning } from "../../lib/ipc/core_lock.ts";
import type { TrayModel } from "../../lib/tray/model.ts";
import { fixtureServer } from "../e2e/support/servers.ts";
import { startCore } from "../support/core.ts";
import { mcpproxy, Sandbox } from "../support/sandbox.ts";
import { pause, until } from "../support/until.ts";
import { isRunning } from "../upstream/helper.ts";
import { scaledClock, startTray } from "./support/tray.ts";

Deno.test("it starts a core, follows it over the private channel alone, and leaves nothing behind", async () => {
  await using tray = await startTray({ config: { mcpServers: [fixtureServer("plain")] } });
  const { sandbox } = tray;
  const { core, state } = await tray.until(
    ({ servers }) => servers[0]?.state === "ready",
    "its server is ready",
  );
  assert.equal(state.name, "connected");
  assert.deepEqual(tray.states, ["attaching", "launching", "waiting", "connected"]);
  const runtime = JSON.parse(Deno.readTextFileSync(join(sandbox.dataDir, "runtime.json")));
  assert.equal(runtime.launched_by, "tray");
  assert.deepEqual(core, {
    version: runtime.version,
    pid: runtime.pid,
    listen_addr: runtime.listen_addr,
    web_ui_url: null,
    transport: "unix",
    endpoint: `unix://${sandbox.dataDir}/mcpproxy.sock`,
  });
  assert.match(tray.views.at(-1)!.tooltip, /1 of 1/);

  tray.click("disable_server plain");
  await tray.until(({ servers }) => servers[0]!.state === "disabled", "the server is off");
  tray.click("enable_server plain");
  await tray.until(({ servers }) => servers[0]!.state === "ready", "the server is on again");
  tray.click("open_server_log plain");
  await until(() => tray.opened.length > 0, "its log is shown");
  assert.match(Deno.readTextFileSync(tray.opened[0]!), /mcpproxy: ready/);
  tray.click("copy_mcp_address");
  tray.click("copy_client_config");
  await until(() => tray.copied.length === 2, "both are copied");
  const url = `http://${runtime.listen_addr}/mcp`;
  assert.equal(tray.copied[0], url);
  const config = JSON.parse(tray.copied[1]!);
  const { command, args } = config.mcpServers.mcpproxy;
  // By a link on the PATH, where one leads to it.
  assert.equal(Deno.realPathSync(command), Deno.realPathSync(mcpproxy[0]!));
  assert.deepEqual(args, [...mcpproxy.slice(1), `--data-dir=${sandbox.dataDir}`, "stdio"]);
  tray.click("toggle_start_at_login");
  await tray.until(({ startsAtLogin }) => startsAtLogin, "it starts at login");
  assert.deepEqual(tray.startsAtLogin, ["/usr/bin/mcpproxy-tray", "--headless"]);

  await tray.quit();
  assert(!isCoreRunning(sandbox.dataDir));
  const left = [...Deno.readDirSync(sandbox.dataDir)].map(({ name }) => name).sort();
  assert(!left.includes("mcpproxy.sock") && !left.includes("runtime.json"), left.join());
  // The log of a core that has no terminal.
  assert.match(Deno.readTextFileSync(join(sandbox.dataDir, "logs", "main.log")), /ready: tcp/);
});

Deno.test("go fault 13: the core's death by kill -9 is noticed within 2 s, in whatever state, and mended", async () => {
  await using tray = await startTray({ clock: scaledClock(10) });
  const { sandbox } = tray;
  // As soon as its process is there, while it starts.
  const early = await until(() => corePid(sandbox.dataDir), "the core holds its lock");
  Deno.kill(early, "SIGKILL");
  const { core } = await tray.isConnectedTo(early);
  assert(!isRunning(early));

  const killed = performance.now();
  Deno.kill(core!.pid, "SIGKILL");
  await tray.until(({ state }) => state.name !== "connected", "its death is noticed");
  assert(performance.now() - killed < 2_000);
  const again = await tray.isConnectedTo(core!.pid);

  tray.click("stop_core");
  Deno.kill(again.core!.pid, "SIGKILL");
  await tray.is("stopped");
  tray.click("start_core");
  await tray.isConnected();
  const exits = tray.journal.filter(({ event }) => event === "core_exited");
  assert.deepEqual(exits.map((entry) => "pid" in entry && entry.pid), [early, core!.pid]);
});

Deno.test("kill -9 of a core that is slow, that a former tray has started, that hangs, or that is to end anyway", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ listen: "127.0.0.1:0" });
  const clock = scaledClock(60); // a minute each second
  {
    await using tray = await startTray({ sandbox, clock });
    const slow = await until(() => corePid(sandbox.dataDir), "the core holds its lock");
    Deno.kill(slow, "SIGSTOP");
    await tray.until(({ state }) => state.name === "waiting" && state.slow, "it is called slow");
    Deno.kill(slow, "SIGKILL");
    const { core } = await tray.isConnectedTo(slow);
    const quit = tray.quit();
    Deno.kill(core!.pid, "SIGKILL");
    await quit;
    assert(!isCoreRunning(sandbox.dataDir));
  }
  {
    await using core = await startCore({ sandbox, env: { MCPPROXY_LAUNCHED_BY: "tray" } });
    await using tray = await startTray({ sandbox, clock });
    await tray.isConnected();
    const killed = performance.now();
    await core.kill9();
    await tray.until(({ state }) => state.name !== "connected", "its death is noticed");
    assert(performance.now() - killed < 2_000);
    await tray.isConnectedTo(core.pid);
    const [attached, exited, started] = tray.journal.slice(-3);
    assert.deepEqual(
      [attached, exited, started].map((entry) => entry?.event),
      ["core_attached", "core_exited", "core_started"],
    );
  }
  {
    await using core = await startCore({ sandbox });
    core.kill("SIGSTOP");
    await using tray = await startTray({ sandbox, clock });
    await tray.is("failed");
    await core.kill9();
    const { state } = await tray.isConnectedTo(core.pid);
    assert.deepEqual(state, { name: "connected", owned: true, attempt: 0 });
  }
});

Deno.test("no event is lost: after each restart, whatever changes a server shows, and each change of it", async () => {
  await using tray = await startTray({ config: { mcpServers: [{ name: "one", command: "/no" }] } });
  const enabled = ({ state, servers }: TrayModel) =>
    state.name === "connected" && servers.length === 1 ? servers[0]!.enabled : null;
  for (let round = 0; round < 8; round++) {
    const { core } = await tray.until((model) => enabled(model) === true, "it is on");
    tray.click("disable_server one");
    await tray.until((model) => enabled(model) === false, "it is off");
    tray.click("restart_core");
    await tray.isConnectedTo(core!.pid);
    await tray.until((model) => enabled(model) === false, "it is still off");
    tray.click("enable_server one");
  }
  await tray.until((model) => enabled(model) === true, "it is on in the end");
});

Deno.test("go fault 17: a core that somebody else runs is used, never stopped, and outlives the tray", async () => {
  await using core = await startCore({ config: { listen: "127.0.0.1:0" } });
  {
    await using tray = await startTray({ sandbox: core.sandbox });
    const { state } = await tray.isConnected();
    assert.deepEqual(state, { name: "connected", owned: false, attempt: 0 });
    assert.deepEqual(tray.states, ["attaching", "connected"]);
    tray.click("stop_core");
    tray.click("restart_core");
    await tray.quit();
  }
  assert.equal((await core.api("/info")).pid, core.pid);
});

Deno.test("go fault 19: the death of a core that somebody else runs is noticed within 2 s, and one of ours follows", async () => {
  await using core = await startCore({ config: { listen: "127.0.0.1:0" } });
  await using tray = await startTray({ sandbox: core.sandbox, clock: scaledClock(4) });
  await tray.isConnected();
  const killed = performance.now();
  await core.kill9();
  await tray.until(({ state }) => state.name !== "connected", "its death is noticed");
  assert(performance.now() - killed < 2_000);
  const { state } = await tray.isConnectedTo(core.pid);
  assert.deepEqual(state, { name: "connected", owned: true, attempt: 0 });
});

Deno.test("a core that is replaced under the tray is followed", async () => {
  await using first = await startCore({ config: { listen: "127.0.0.1:0" } });
  const { sandbox } = first;
  // Slowly, so that the second is there before the tray starts one of its own.
  await using tray = await startTray({ sandbox, clock: scaledClock(0.3) });
  await tray.isConnected();
  await first.kill9();
  await using second = await startCore({ sandbox });
  const { core, state } = await tray.isConnectedTo(first.pid);
  assert.equal(core!.pid, second.pid);
  assert.deepEqual(state, { name: "connected", owned: false, attempt: 0 });
});

Deno.test("whoever tells a core to end, ours, a former tray's or another's, has it stay ended until it is asked for", async () => {
  const kinds = { ours: null, "a former tray's": { MCPPROXY_LAUNCHED_BY: "tray" }, another: {} };
  for (const [kind, env] of Object.entries(kinds)) {
    await using sandbox = await Sandbox.create();
    sandbox.writeConfig({ listen: "127.0.0.1:0", mcpServers: [fixtureServer("plain")] });
    await using core = env && await startCore({ sandbox, env });
    await using tray = await startTray({ sandbox, clock: scaledClock(60) }); // a minute each second
    await tray.until(({ servers }) => servers[0]?.state === "ready", "its server is ready");
    const { pid } = tray.model.core!;
    assert.equal(pid, core?.pid ?? pid);
    Deno.kill(pid, "SIGTERM"); // the same orderly end, with exit code 0, as by a command
    await tray.is("stopped");
    await pause(1_000);
    const { state, problem } = tray.model;
    assert.deepEqual([state.name, problem], ["stopped", null], kind);
    assert(!isCoreRunning(sandbox.dataDir), kind);
    assert.deepEqual(tray.notices, [], kind);
    const { icon, menu } = tray.views.at(-1)!;
    assert.equal(icon, "stopped");
    assert.match(menu[0]!.label!, /— Stopped$/);
    assert.equal(menu.find(({ id }) => id === "start_core")!.enabled, true);
    tray.click("start_core");
    await tray.isConnectedTo(pid);
  }
});

Deno.test("a core that appears after ours was told to end is used", async () => {
  await using tray = await startTray();
  await tray.isConnected();
  Deno.kill(tray.corePid, "SIGTERM");
  await tray.is("stopped");
  await using core = await startCore({ sandbox: tray.sandbox });
  await tray.isConnected();
  assert.equal(tray.corePid, core.pid);
});

Deno.test("go fault 21: a core that a former tray has started is taken over, or replaced if it is older", async () => {
  const former = { config: { listen: "127.0.0.1:0" }, env: { MCPPROXY_LAUNCHED_BY: "tray" } };
  {
    await using core = await startCore(former);
    await using tray = await startTray({ sandbox: core.sandbox });
    const { state } = await tray.isConnected();
    assert.deepEqual(state, { name: "connected", owned: true, attempt: 0 });
    assert.equal(tray.corePid, core.pid);
    await tray.quit();
    assert.equal(await core.exited, 0);
  }
  await using core = await startCore(former);
  await using tray = await startTray({ sandbox: core.sandbox, version: "99.0.0" });
  await tray.isConnectedTo(core.pid);
  assert.equal(await core.exited, 0);
  assert.deepEqual(
    tray.journal.filter(({ event }) => event.startsWith("core")).map((entry) => [
      entry.event,
      "by" in entry && entry.by,
    ]),
    [
      ["core_stopped", "core of an older version"],
      ["core_started", "core of an older version"],
    ],
  );
});

Deno.test("go fault 26: a core that stands still, as the machine asleep, is neither given up nor killed", async () => {
  await using tray = await startTray({ clock: scaledClock(60) }); // a minute each second
  const slow = await until(() => corePid(tray.sandbox.dataDir), "the core holds its lock");
  Deno.kill(slow, "SIGSTOP");
  await tray.until(({ state }) => state.name === "waiting" && state.slow, "it is called slow");
  await pause(1_000);
  Deno.kill(slow, "SIGCONT");
  await tray.isConnected();
  assert.equal(tray.corePid, slow);

  Deno.kill(slow, "SIGSTOP");
  await pause(3_000);
  assert.equal(tray.model.state.name, "connected");
  Deno.kill(slow, "SIGCONT");
  tray.click("copy_mcp_address");
  await until(() => tray.copied.length > 0, "the tray still works");
  assert.equal(tray.corePid, slow);
  assert.deepEqual(tray.journal.filter(({ event }) => event === "core_exited"), []);
});

Deno.test("go fault 18: a core that does not answer is waited for; no other is started beside it", async () => {
  await using core = await startCore({ config: { listen: "127.0.0.1:0" } });
  core.kill("SIGSTOP");
  await using tray = await startTray({ sandbox: core.sandbox, clock: scaledClock(60) });
  await tray.is("failed");
  assert.deepEqual(tray.model.state, { name: "failed", failure: "unresponsive" });
  assert.equal(tray.notices.length, 1);
  assert.equal(corePid(core.dataDir), core.pid);
  core.kill("SIGCONT");
  await tray.isConnected();
  assert.equal(tray.corePid, core.pid);
  assert(!tray.states.includes("launching"));
});

Deno.test("a stale socket and a runtime file that a killed core has left are no core", async () => {
  await using sandbox = await Sandbox.create();
  {
    await using core = await startCore({ sandbox, config: { listen: "127.0.0.1:0" } });
    await core.kill9();
  }
  assert(Deno.lstatSync(join(sandbox.dataDir, "mcpproxy.sock")).isSocket);
  await using tray = await startTray({ sandbox, flags: { listen: "127.0.0.1:0" } });
  const { state } = await tray.isConnected();
  assert.deepEqual(state, { name: "connected", owned: true, attempt: 0 });
});
