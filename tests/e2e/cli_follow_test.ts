/** Commands that follow the core: over its restarts, and until nobody reads any more. */
import assert from "node:assert/strict";
import { startCore } from "../support/core.ts";
import { mcpproxy, Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { Cli, conforming, RunningCommand } from "./support/cli.ts";
import { fixtureServer } from "./support/servers.ts";

Deno.test("logs and events are followed over a restart of the core", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ mcpServers: [fixtureServer("plain")] });
  await using first = await startCore({ sandbox });
  await first.serverIs("plain", "ready");
  await using logs = new RunningCommand(sandbox, "upstream", "logs", "plain", "-n", "1", "-f");
  await using events = new RunningCommand(sandbox, "events", "-o", "json");
  await using changes = new RunningCommand(sandbox, "events", "--type", "servers.changed");
  const ready = (lines: string[]) => lines.filter((line) => line.endsWith(": ready")).length;
  const typesOf = (lines: string[]) => lines.map((line) => JSON.parse(line).type);
  await until(() => ready(logs.stdout) === 1 && events.stdout.length === 1, "both follow");
  assert.equal(logs.stdout.length, 1);
  await first.api("/servers/plain/restart", "POST");
  await until(() => ready(logs.stdout) === 2, "the restart of the server is seen");
  await until(() => typesOf(events.stdout).includes("servers.changed"), "its event is seen");
  const toldInWords = () =>
    changes.stdout.some((line) => /plain Connected \(10 tools\)/.test(line));
  await until(async () => {
    // It says nothing of when it follows, so it may have come too late for the one before.
    await first.api("/servers/plain/restart", "POST");
    await first.serverIs("plain", "ready");
    return await until(toldInWords, "it is told", 1_000).then(() => true, () => false);
  }, "the other tells it in words, and how the server is");

  await first.stop();
  for (const { stderr } of [logs, events]) {
    await until(() => /disconnected: .*trying again/.test(stderr.join("\n")), "its end is told");
  }
  const before = logs.stdout.length;
  await using second = await startCore({ sandbox });
  await second.serverIs("plain", "ready");
  for (const { stderr } of [logs, events]) {
    await until(() => stderr.includes("mcpproxy: connected again"), "its return is told");
    assert.equal(stderr.length, 2, stderr.join("\n"));
  }
  await until(() => ready(logs.stdout.slice(before)) === 1, "the log goes on");
  assert(logs.stdout.slice(before).some((line) => line.endsWith(": connecting")), "from its start");
  for (const line of events.stdout) conforming("events", JSON.parse(line));
  assert(changes.stdout.every((line) => /^\d\d:\d\d:\d\d {2}servers\.changed {2}/.test(line)));
});

Deno.test("a log that is followed as JSON is a line each; a server that is removed ends it", async () => {
  await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
  await core.serverIs("plain", "ready");
  await using logs = new RunningCommand(
    core.sandbox,
    ...["upstream", "logs", "plain", "--follow", "-o", "json"],
  );
  await until(() => logs.stdout.length >= 2, "lines");
  await core.api("/servers/plain", "DELETE");
  assert.equal(await logs.ended(), 1);
  for (const line of logs.stdout) conforming("upstream logs --follow", JSON.parse(line));
  assert.match(logs.stderr.at(-1)!, /no server named "plain"/);
});

Deno.test("a slow follower of a noisy log slows neither the server nor the core", async () => {
  await using core = await startCore({
    config: { mcpServers: [fixtureServer("flood_stderr"), fixtureServer("plain")] },
  });
  await core.serverIs("plain", "ready");
  const response = await core.overSocket("/api/v1/servers/flood_stderr/logs?follow=true");
  const reader = response.body!.getReader();
  await reader.read(); // and then no more, while megabytes come
  const lineNow = async () =>
    (await core.api("/servers/flood_stderr/logs?tail=1")).logs[0].slice(0, 24);
  const early = await lineNow();
  await until(async () => Date.parse(await lineNow()) - Date.parse(early) > 1000, "it floods on");
  const cli = new Cli(core.sandbox);
  assert.match(await cli.text("tools", "call", "plain:echo", "a=1"), /"a":"1"/);
  await reader.cancel();
});

Deno.test("what stops reading ends a command quietly", async () => {
  await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
  await core.serverIs("plain", "ready");
  const run = async (command: string) => {
    const { code, stdout, stderr } = await new Deno.Command("/bin/bash", {
      args: ["-c", `set -o pipefail; ${command}`, "bash", ...mcpproxy],
      clearEnv: true,
      env: core.sandbox.environment({ MCPPROXY_DATA: core.dataDir }),
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.deepEqual({ code, stderr: text(stderr) }, { code: 0, stderr: "" }, command);
    return text(stdout);
  };
  assert.equal((await run('"$@" config show | head -1')).trim(), "{");
  assert.match(await run('"$@" tools call plain:huge size=3000000 | head -c 5'), /^x{5}$/);
  const restart = 'read -r line; echo "$line"; exec <&-; "$@" upstream restart plain >/dev/null';
  assert.match(await run(`"$@" events | (${restart})`), /status/);
});

Deno.test("what is followed must be there in the first place", async () => {
  await using sandbox = await Sandbox.create();
  const cli = new Cli(sandbox);
  assert.match(await cli.fault(1, "events"), /No mcpproxy core is running/);
  const endpoint = ["--tray-endpoint", `unix://${sandbox.folder}/nobody.sock`];
  assert.match(await cli.fault(1, "events", ...endpoint), /nobody\.sock.*mcpproxy serve/);
});
