/** The config file is changed while the core runs: by hand, by editors, and through the API. */
import assert from "node:assert/strict";
import { type Core, startCore } from "../support/core.ts";
import { pause, until } from "../support/until.ts";
import { EventReader } from "./support/events.ts";
import { mark } from "./support/processes.ts";
import { fixtureServer, type ServerEntry } from "./support/servers.ts";

/** The config file as it stands. */
function read(core: Core): Record<string, unknown> & { mcpServers: ServerEntry[] } {
  return JSON.parse(Deno.readTextFileSync(core.sandbox.configFile));
}

/** Saves the file as it is, in place. */
function write(core: Core, text: string): void {
  Deno.writeTextFileSync(core.sandbox.configFile, text);
}

/** Changes the servers in the file as somebody does it by hand. */
function edit(core: Core, change: (servers: ServerEntry[]) => ServerEntry[]): void {
  const config = read(core);
  write(core, JSON.stringify({ ...config, mcpServers: change(config.mcpServers) }, null, 2));
}

async function names(core: Core): Promise<string[]> {
  return (await core.api("/servers")).servers.map(({ name }: ServerEntry) => name);
}

Deno.test("servers are added, changed, disabled, enabled and removed by editing the file", async () => {
  const { variable: env, processes } = mark();
  await using core = await startCore({ config: { mcpServers: [] } });

  edit(core, () => [fixtureServer("plain", { name: "one", env })]);
  await core.serverIs("one", "ready");
  const [first] = processes();

  edit(core, ([one]) => [one!, fixtureServer("plain", { name: "two", env })]);
  await core.serverIs("two", "ready");
  assert(processes().includes(first!), "one that was not changed goes on");

  edit(core, ([one, two]) => [{ ...one!, env: { ...env, CHANGED: "yes" } }, two!]);
  await until(() => !processes().includes(first!), "one was started anew");
  await core.serverIs("one", "ready");
  assert.equal(processes().length, 2);

  edit(core, ([one, two]) => [one!, { ...two!, enabled: false }]);
  await core.serverIs("two", "disabled");
  await until(() => processes().length === 1, "two has ended");

  edit(core, ([one, two]) => [one!, { ...two!, enabled: true }]);
  await core.serverIs("two", "ready");

  edit(core, ([one]) => [one!]);
  await until(async () => (await names(core)).join() === "one", "two is gone");
  await until(() => processes().length === 1, "and its process, too");
});

Deno.test("a file that was broken is reported, the last good one holds, and mending it is reported too", async () => {
  await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
  await core.serverIs("plain", "ready");
  const good = Deno.readTextFileSync(core.sandbox.configFile);
  await using events = await EventReader.open((init) => core.overSocket("/events", init));
  await events.next("status");

  for (
    const bad of [
      good.slice(0, -20),
      good.replace('"mcpServers"', '"tools_limit": "x", "mcpServers"'),
    ]
  ) {
    events.clear();
    write(core, bad);
    const { payload } = await events.next("config.reloaded");
    assert.equal(payload.ok, false);
    assert.match(payload.error, /mcp_config\.json:\d+:\d+/);
    assert(!payload.error.includes(core.apiKey));
    assert(core.output().includes("The last good config stays in force"));
    assert.deepEqual(await names(core), ["plain"]);
    await core.serverIs("plain", "ready");

    events.clear();
    write(core, good);
    assert.deepEqual((await events.next("config.reloaded")).payload, { ok: true, error: null });
  }
});

Deno.test("a file that is replaced by renaming, as editors do it, is followed again and again", async () => {
  await using core = await startCore({ config: { mcpServers: [] } });
  const file = core.sandbox.configFile;
  for (let round = 0; round < 3; round++) {
    const config = read(core);
    const name = `round-${round}`;
    config.mcpServers.push(fixtureServer("plain", { name, enabled: false }));
    Deno.writeTextFileSync(`${file}.new`, JSON.stringify(config), { mode: 0o600 });
    Deno.renameSync(`${file}.new`, file);
    await until(async () => (await names(core)).includes(name), name);
  }
  // As vim does it: the old file is moved away, a new one is written.
  const config = read(core);
  Deno.renameSync(file, `${file}~`);
  await pause(100);
  Deno.writeTextFileSync(file, JSON.stringify({ ...config, mcpServers: [] }), { mode: 0o600 });
  await until(async () => (await names(core)).length === 0, "the servers are gone");
});

Deno.test("a file that others may write is not taken over", async () => {
  await using core = await startCore({ config: { mcpServers: [] } });
  await using events = await EventReader.open((init) => core.overSocket("/events", init));
  await events.next("status");
  Deno.chmodSync(core.sandbox.configFile, 0o666);
  edit(core, () => [fixtureServer("plain")]);
  const { payload } = await events.next("config.reloaded");
  assert.equal(payload.ok, false);
  assert.match(
    payload.error,
    /can be changed by other users/,
  );
  assert.deepEqual(await names(core), []);
});

Deno.test("a change through the API keeps unknown fields, the order of keys and the layout of the file", async () => {
  const [command, ...args] = [Deno.execPath(), "eval", "0"];
  const text = `{
    "zeta_future_field": { "b": [1, 2,   3], "a": 1.50 },
    "listen": "127.0.0.1:0",
    "mcpServers": [
        { "x_note": "mine", "name": "one", "enabled": false, "command": ${JSON.stringify(command)},
          "args": ${JSON.stringify(args)} }
    ],
    "api_key": "${"ab".repeat(32)}",
    "alpha": null
}
`;
  await using core = await startCore({ config: {} });
  write(core, text);
  await until(async () => (await names(core)).join() === "one", "the file was read");

  await core.api("/servers/one", "PATCH", { working_dir: "/tmp" });
  const patched = Deno.readTextFileSync(core.sandbox.configFile);
  const added = patched.split("\n").filter((line) => !text.includes(line));
  assert.equal(added.length, 1, patched);
  assert.match(added[0]!, /"working_dir": ?"\/tmp"/);
  assert.deepEqual(Object.keys(JSON.parse(patched)), Object.keys(JSON.parse(text)));
  assert.equal(JSON.parse(patched).mcpServers[0].x_note, "mine");

  await core.api("/servers/one", "PATCH", { working_dir: null });
  assert.equal(Deno.readTextFileSync(core.sandbox.configFile), text);
  assert.equal(Deno.statSync(core.sandbox.configFile).mode! & 0o7777, 0o600);

  await core.api("/servers", "POST", { name: "two", command: "true", enabled: false });
  await core.api("/servers/two", "DELETE");
  assert.equal(Deno.readTextFileSync(core.sandbox.configFile), text);
});

Deno.test("a new API key in the file holds at once, and the old one no more", async () => {
  await using core = await startCore();
  const old = core.apiKey;
  const config = read(core);
  core.apiKey = "f0".repeat(32);
  write(core, JSON.stringify({ ...config, api_key: core.apiKey }));
  const status = async (key: string) => {
    const response = await fetch(`http://${core.tcp}/api/v1/status`, {
      headers: { "x-api-key": key },
    });
    await response.body?.cancel();
    return response.status;
  };
  await until(async () => await status(core.apiKey) === 200, "the new key is taken");
  assert.equal(await status(old), 401);
});
