/** What holds when flags, environment and config file say different things: flags, then environment, then file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";

/** A free port, as far as one can know. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A socket path that no other test has; short, as those of macOS must be. */
function socketPath(sandbox: Sandbox, name: string): string {
  return join(sandbox.folder, `${name}.sock`);
}

Deno.test("the listen address: flag over environment over file", async () => {
  await using sandbox = await Sandbox.create();
  const [inFile, inEnvironment, inFlag] = [freePort(), freePort(), freePort()];
  sandbox.writeConfig({ listen: `127.0.0.1:${inFile}` });
  const dataDir = ["--data-dir", sandbox.dataDir];
  const env = { MCPPROXY_LISTEN: `127.0.0.1:${inEnvironment}` };
  {
    await using core = await startCore({ sandbox, args: dataDir });
    assert.equal(core.tcp, `127.0.0.1:${inFile}`);
  }
  {
    await using core = await startCore({ sandbox, args: dataDir, env });
    assert.equal(core.tcp, `127.0.0.1:${inEnvironment}`);
  }
  await using core = await startCore({
    sandbox,
    args: [...dataDir, "--listen", `127.0.0.1:${inFlag}`],
    env,
  });
  assert.equal(core.tcp, `127.0.0.1:${inFlag}`);
});

Deno.test("an address without a port of its own is told with the one that was bound, as it is reached from here", async () => {
  const expected: [listen: string, shown: RegExp][] = [
    ["localhost:0", /^127\.0\.0\.1:[1-9]/],
    ["0.0.0.0:0", /^127\.0\.0\.1:[1-9]/],
    ["[::1]:0", /^\[::1\]:[1-9]/],
  ];
  for (const [listen, shown] of expected) {
    await using sandbox = await Sandbox.create();
    const args = ["--data-dir", sandbox.dataDir, "--listen", listen];
    await using core = await startCore({ sandbox, args });
    assert.match(core.tcp, shown);
    const { data } = await (await core.overTcp("/api/v1/status")).json();
    assert.equal(data.listen_addr, core.tcp);
  }
});

Deno.test("the data directory: flag over environment over file over ~/.mcpproxy", async () => {
  await using sandbox = await Sandbox.create();
  const listen = ["--listen", "127.0.0.1:0"];
  const folder = (name: string) => join(sandbox.folder, name);
  const home = join(sandbox.home, ".mcpproxy");
  {
    await using core = await startCore({ sandbox, args: listen });
    assert.equal(core.dataDir, home);
  }
  const file = join(home, "mcp_config.json");
  const config = JSON.parse(Deno.readTextFileSync(file));
  Deno.writeTextFileSync(file, JSON.stringify({ ...config, data_dir: "~/other" }));
  {
    await using core = await startCore({ sandbox, args: listen });
    assert.equal(core.socket, join(sandbox.home, "other", "mcpproxy.sock"));
  }
  const env = { MCPPROXY_DATA: folder("by-environment") };
  {
    await using core = await startCore({ sandbox, args: listen, env });
    assert.equal(core.dataDir, folder("by-environment"));
  }
  const byFlag = [...listen, "--data-dir", folder("by-flag")];
  await using core = await startCore({ sandbox, args: byFlag, env });
  assert.equal(core.dataDir, folder("by-flag"));
});

Deno.test("the endpoint: flag over environment over file", async () => {
  await using sandbox = await Sandbox.create();
  const [inFile, inEnvironment, inFlag] = ["file", "environment", "flag"]
    .map((name) => socketPath(sandbox, name));
  sandbox.writeConfig({ tray_endpoint: `unix://${inFile}` });
  const env = { MCPPROXY_TRAY_ENDPOINT: `unix://${inEnvironment}` };
  {
    await using core = await startCore({ sandbox });
    assert.equal(core.socket, inFile);
    assert.equal((await core.api("/info")).endpoints.socket, `unix://${inFile}`);
  }
  {
    await using core = await startCore({ sandbox, env });
    assert.equal(core.socket, inEnvironment);
    assert.equal((await core.api("/status")).running, true);
  }
  const args = [...sandbox.serveArguments, `--tray-endpoint=unix://${inFlag}`];
  await using core = await startCore({ sandbox, args, env });
  assert.equal(core.socket, inFlag);
  assert.equal((await core.api("/status")).running, true);
});

Deno.test("an endpoint that the core of another data directory is using is not taken from it", async () => {
  await using one = await Sandbox.create();
  await using other = await Sandbox.create();
  const path = socketPath(one, "shared");
  const endpoint = `--tray-endpoint=unix://${path}`;
  await using first = await startCore({ sandbox: one, args: [...one.serveArguments, endpoint] });

  const second = new Core({ args: [...other.serveArguments, endpoint] }, other);
  await using _ends = second;
  await until(() => second.exitCode !== null || second.output().includes("is running"), "it ends");
  assert.notEqual(second.exitCode, null, "it took the socket");
  assert(second.output().includes(path), second.output());
  assert.equal((await first.api("/info")).pid, first.pid);
});

Deno.test("a socket in /tmp, where everybody may write, is as private as any", async () => {
  const path = `/tmp/mcpproxy-e2e-${crypto.randomUUID().slice(0, 8)}.sock`;
  await using sandbox = await Sandbox.create();
  {
    await using core = await startCore({
      sandbox,
      args: [...sandbox.serveArguments, `--tray-endpoint=unix://${path}`],
    });
    assert.equal(Deno.lstatSync(path).mode! & 0o7777, 0o600);
    const response = await core.overSocket("/readyz");
    assert.deepEqual(await response.json(), { ready: true });
  }
  assert.throws(() => Deno.lstatSync(path), Deno.errors.NotFound);
});

Deno.test("an empty MCPPROXY_TRAY_ENDPOINT is one that is not set", async () => {
  await using sandbox = await Sandbox.create();
  await using core = await startCore({ sandbox, env: { MCPPROXY_TRAY_ENDPOINT: "" } });
  assert.equal(core.socket, join(sandbox.dataDir, "mcpproxy.sock"));
});

Deno.test("no socket is made with --enable-socket=false, nor with enable_socket: false in the file", async () => {
  for (
    const { config, flag } of [
      { config: {}, flag: ["--enable-socket=false"] },
      { config: {}, flag: ["--enable-socket", "false"] },
      { config: { enable_socket: false }, flag: [] },
    ]
  ) {
    await using sandbox = await Sandbox.create();
    sandbox.writeConfig(config);
    await using core = await startCore({ sandbox, args: [...sandbox.serveArguments, ...flag] });
    assert.equal(core.socket, "");
    assert.match(core.output(), /Private channel +off/);
    assert.throws(() => Deno.lstatSync(join(core.dataDir, "mcpproxy.sock")), Deno.errors.NotFound);
    const { data } = await (await core.overTcp("/api/v1/info")).json();
    assert.equal(data.endpoints.socket, null);
  }
});

Deno.test("--enable-socket=true goes before enable_socket: false of the file", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ enable_socket: false });
  const args = [...sandbox.serveArguments, "--enable-socket=true"];
  await using core = await startCore({ sandbox, args });
  assert.equal((await core.api("/status")).running, true);
});

Deno.test("the API key: MCPPROXY_API_KEY over the file, which it does not get into", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ api_key: "the-key-of-the-file" });
  const env = { MCPPROXY_API_KEY: "the-key-of-the-environment" };
  await using core = await startCore({ sandbox, env });
  const statusWith = async (key: string) => {
    const headers = { "x-api-key": key };
    const response = await fetch(`http://${core.tcp}/api/v1/status`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await statusWith("the-key-of-the-environment"), 200);
  assert.equal(await statusWith("the-key-of-the-file"), 401);
  assert(!Deno.readTextFileSync(sandbox.configFile).includes("environment"));
});

Deno.test("--log-to-file writes the log into a private folder too, from --log-level on", async () => {
  await using sandbox = await Sandbox.create();
  const more = ["--log-to-file", "--log-level=warn"];
  // Which the core warns of.
  const config = { require_mcp_auth: false };
  await using core = await startCore({
    sandbox,
    config,
    args: [...sandbox.serveArguments, ...more],
  });
  const logs = join(core.dataDir, "logs");
  assert.equal(Deno.statSync(logs).mode! & 0o7777, 0o700);
  const text = Deno.readTextFileSync(join(logs, "main.log"));
  assert.match(text, /\[WRN\] core: .*require_mcp_auth/);
  assert.doesNotMatch(text + core.output(), /\[INF\]/);
});

Deno.test("who launched the core is told by /api/v1/info", async () => {
  await using core = await startCore({ env: { MCPPROXY_LAUNCHED_BY: "tray" } });
  const info = await core.api("/info");
  assert.equal(info.launched_by, "tray");
  assert.equal(info.pid, core.pid);
});

Deno.test("/api/v1/info names the real socket", async () => {
  await using core = await startCore();
  const { endpoints } = await core.api("/info");
  assert.deepEqual(endpoints, { http: core.tcp, socket: `unix://${core.socket}` });
});

Deno.test("two instances under two HOMEs do not touch each other", async () => {
  await using one = await Sandbox.create();
  await using other = await Sandbox.create();
  const args = ["--listen", "127.0.0.1:0"];
  await using first = await startCore({ sandbox: one, args });
  const before = JSON.stringify([...Deno.readDirSync(first.dataDir)].map(({ name }) => name));
  await using second = await startCore({ sandbox: other, args });

  assert.equal(first.dataDir, join(one.home, ".mcpproxy"));
  assert.equal(second.dataDir, join(other.home, ".mcpproxy"));
  assert.notEqual(first.apiKey, second.apiKey);
  assert.equal((await first.api("/info")).pid, first.pid);
  assert.equal((await second.api("/info")).pid, second.pid);
  await second.stop();
  assert.equal((await first.api("/info")).pid, first.pid);
  assert.equal(
    JSON.stringify([...Deno.readDirSync(first.dataDir)].map(({ name }) => name)),
    before,
  );
});

Deno.test("a data directory too deep for a socket path has its socket in a short private folder", async () => {
  await using sandbox = await Sandbox.create();
  const runtime = join(sandbox.folder, "run");
  Deno.mkdirSync(runtime, { mode: 0o700 });
  const deep = join(sandbox.folder, "deep".repeat(30));
  const args = ["--data-dir", deep, "--listen", "127.0.0.1:0"];
  await using core = await startCore({ sandbox, args, env: { XDG_RUNTIME_DIR: runtime } });

  assert.match(core.socket, /\/run\/mcpproxy\/mcpproxy-[0-9a-f]{8}\.sock$/);
  assert.equal(Deno.statSync(join(runtime, "mcpproxy")).mode! & 0o7777, 0o700);
  assert.equal((await core.api("/status")).running, true);
  assert.equal((await core.api("/info")).endpoints.socket, `unix://${core.socket}`);
});
