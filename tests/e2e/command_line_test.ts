/** The commands beside `serve`, and what is said to somebody who mistypes one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Core, startCore } from "../support/core.ts";
import { type Finished, Sandbox } from "../support/sandbox.ts";

/** `mcpproxy status`, for people and for programs. */
async function status(
  sandbox: Sandbox,
  args: readonly string[] = ["--data-dir", sandbox.dataDir],
  env: Record<string, string> = {},
): Promise<Finished> {
  const finished = await sandbox.run(["status", ...args], env);
  assert.doesNotMatch(finished.stdout + finished.stderr, /^ {4}at |Uncaught/m);
  return finished;
}

/** The status command found the core, and tells by which way. */
function assertFound({ code, stdout, stderr }: Finished, core: Core, way: string): void {
  assert.equal(code, 0, stderr);
  assert(stdout.includes(String(core.pid)), stdout);
  assert((stdout + stderr).includes(way), `${way}:\n${stdout}${stderr}`);
  assert(!(stdout + stderr).includes(core.apiKey), "the key");
}

Deno.test("status tells what the running core does, over the private channel", async () => {
  await using core = await startCore({
    config: { mcpServers: [{ name: "one", command: "true", enabled: false }] },
  });
  assertFound(await status(core.sandbox), core, `unix://${core.socket}`);
  const { stdout } = await status(core.sandbox);
  assert(stdout.includes(core.tcp), stdout);

  const json = await status(core.sandbox, ["--json", "--data-dir", core.dataDir]);
  assert.equal(json.code, 0, json.stderr);
  assert(JSON.stringify(JSON.parse(json.stdout)).includes(core.tcp));
});

Deno.test("status says once what is wrong with a server, and what to do", async () => {
  const env = { TOKEN: "${env:NOT_SET_ANYWHERE}" };
  await using core = await startCore({
    config: { mcpServers: [{ name: "one", command: "true", env }] },
  });
  await core.serverIs("one", "error");
  const { stdout } = await status(core.sandbox);
  assert.equal(stdout.match(/asks for the environment variable NOT_SET_ANYWHERE/g)?.length, 1);
  assert.match(stdout, /Set NOT_SET_ANYWHERE in the environment/);
});

Deno.test("status of a core that does not run says so, and how to start one", async () => {
  await using sandbox = await Sandbox.create();
  const never = await status(sandbox);
  assert.equal(never.code, 1);
  assert.match(never.stderr, /No mcpproxy core is running for .*data\. .*mcpproxy serve\n$/);
  assert.throws(() => Deno.lstatSync(sandbox.dataDir), Deno.errors.NotFound, "it makes nothing");
  {
    await using core = await startCore({ sandbox });
    await core.kill9();
  }
  assert(Deno.lstatSync(join(sandbox.dataDir, "mcpproxy.sock")).isSocket, "a dead one");
  const killed = await status(sandbox);
  assert.equal(killed.code, 1);
  assert.match(killed.stderr, /No mcpproxy core is running/);
});

Deno.test("go fault 8: MCPPROXY_TRAY_ENDPOINT moves core and status alike", async () => {
  await using sandbox = await Sandbox.create();
  const path = join(sandbox.folder, "elsewhere.sock");
  const env = { MCPPROXY_TRAY_ENDPOINT: `unix://${path}` };
  await using core = await startCore({ sandbox, env });
  assert.equal(core.socket, path);
  const dataDir = ["--data-dir", core.dataDir];
  assertFound(await status(sandbox, dataDir, env), core, `unix://${path}`);
  // Without it, too: the core itself has written down where it listens.
  assertFound(await status(sandbox), core, `unix://${path}`);
  // An endpoint that is given is taken at its word.
  const wrong = await status(sandbox, [...dataDir, `--tray-endpoint=unix://${path}x`]);
  assert.notEqual(wrong.code, 0);
  assert(wrong.stderr.includes(`${path}x`), wrong.stderr);
});

Deno.test("go fault 12: where the socket is switched off, status goes over TCP with the key and says so", async () => {
  await using core = await startCore({ config: { enable_socket: false } });
  assertFound(await status(core.sandbox), core, `http://${core.tcp}`);
  await using sandbox = await Sandbox.create();
  const args = [...sandbox.serveArguments, "--enable-socket=false"];
  await using byFlag = await startCore({ sandbox, args });
  assertFound(await status(sandbox), byFlag, `http://${byFlag.tcp}`);
});

Deno.test("go fault 9: a file at the socket's path does not keep status from TCP where the socket is off", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ enable_socket: false });
  Deno.writeTextFileSync(join(sandbox.dataDir, "mcpproxy.sock"), "no socket");
  await using core = await startCore({ sandbox });
  assertFound(await status(sandbox), core, `http://${core.tcp}`);
});

Deno.test("a socket that is missing or dead never sends status to TCP", async () => {
  await using core = await startCore();
  Deno.removeSync(core.socket);
  const missing = await status(core.sandbox);
  assert.notEqual(missing.code, 0);
  assert(missing.stderr.includes(core.socket), missing.stderr);
  {
    const dead = Deno.listen({ transport: "unix", path: `${core.socket}.dead` });
    Deno.renameSync(`${core.socket}.dead`, core.socket);
    dead.close();
  }
  const refused = await status(core.sandbox);
  assert.notEqual(refused.code, 0);
  assert(refused.stderr.includes(core.socket), refused.stderr);
  const { connections } = await (await core.overTcp("/api/v1/connections")).json()
    .then(({ data }) => data);
  assert.equal(connections.length, 1, "ours alone");
});

Deno.test("go fault 10: status finds the core of a data directory that is too deep for a socket", async () => {
  await using sandbox = await Sandbox.create();
  const env = { XDG_RUNTIME_DIR: join(sandbox.folder, "run") };
  Deno.mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  const deep = join(sandbox.folder, "deep".repeat(30));
  const args = ["--data-dir", deep, "--listen", "127.0.0.1:0"];
  await using core = await startCore({ sandbox, args, env });
  assertFound(await status(sandbox, ["--data-dir", deep], env), core, `unix://${core.socket}`);
});

Deno.test("status believes no data directory that others may enter", async () => {
  await using core = await startCore();
  Deno.chmodSync(core.dataDir, 0o755);
  const { code, stderr } = await status(core.sandbox);
  assert.equal(code, 5);
  assert.match(stderr, /chmod 700/);
});

Deno.test("version and help are told on standard output, with exit code 0", async () => {
  await using sandbox = await Sandbox.create();
  const expected: [args: string[], what: RegExp][] = [
    [["version"], /^mcpproxy [0-9]+\.[0-9]+\.[0-9]+ \(([0-9a-f]+(-dirty)?, )?Deno .*\)\n$/],
    [["--version"], /^[0-9]+\.[0-9]+\.[0-9]+\n$/],
    [["--help"], /serve[^]*status[^]*version/],
    [["help", "serve"], /--listen[^]*--enable-socket/],
    [["serve", "--help"], /--listen[^]*--enable-socket/],
    [["status", "--help"], /--json/],
  ];
  await Promise.all(expected.map(async ([args, what]) => {
    const { code, stdout, stderr } = await sandbox.run(args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, what);
    assert.equal(stderr, "");
  }));
  assert.deepEqual([...Deno.readDirSync(sandbox.home)], [], "and nothing is made");
});

Deno.test("what is mistyped is named, with where to find help, and without a stack", async () => {
  await using sandbox = await Sandbox.create();
  const mistyped: [args: string[], what: RegExp][] = [
    [["stauts"], /unknown command.*stauts[^]*Did you mean status/],
    [["serve", "--no-such-option"], /unknown option.*--no-such-option/],
    [["--no-such-option"], /unknown option.*--no-such-option/],
    [["serve", "--listen"], /--listen.*argument missing/],
    [["serve", "--enable-socket=maybe"], /--enable-socket.*maybe/],
    [["upstream", "lst"], /unknown command.*lst.*Did you mean list\?/],
    [["tools", "show"], /missing required argument 'tool'/],
    [["connect", "--lst"], /unknown option.*--lst.*Did you mean --list\?/],
  ];
  await Promise.all(mistyped.map(async ([args, what]) => {
    const { code, stdout, stderr } = await sandbox.run(args);
    assert.equal(code, 4);
    assert.match(stderr, what);
    assert.match(stderr, /^mcpproxy: [^\n]*See: mcpproxy --help\.?\n$/, "in one line");
    assert.equal(stdout, "");
  }));
});
