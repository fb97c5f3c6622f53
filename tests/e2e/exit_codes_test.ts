/** Why a core does not start: the exit code, one line that says what is wrong, and the next thing to do. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startCore } from "../support/core.ts";
import { type Finished, Sandbox } from "../support/sandbox.ts";

/** A core that ended by itself said so in one line on standard error, and printed no stack and nothing else. */
function assertRefused(finished: Finished, code: number, what: RegExp, next: RegExp): void {
  const shown = JSON.stringify(finished);
  assert.equal(finished.code, code, shown);
  assert.equal(finished.stdout, "", shown);
  const [line = "", ...more] = finished.stderr.trimEnd().split("\n");
  assert.match(line, /^mcpproxy: /, shown);
  assert.match(line, what, shown);
  // What to do is a sentence of its own.
  assert.match(line.slice(line.search(/\. [A-Z]/) + 2), next, shown);
  assert.deepEqual(more, [], shown);
}

/** Does what the message says under `Run:`. */
async function doAsTold({ stderr }: Finished): Promise<void> {
  const [, command] = /[Rr]un: (.+)$/m.exec(stderr) ?? assert.fail(stderr);
  const { code } = await new Deno.Command("sh", { args: ["-c", command!] }).output();
  assert.equal(code, 0, command);
}

async function assertStarts(sandbox: Sandbox): Promise<void> {
  await using core = await startCore({ sandbox });
  assert.equal((await core.api("/status")).running, true);
}

Deno.test("exit 2: the port is in use", async () => {
  await using sandbox = await Sandbox.create();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${listener.addr.port}`;
  const finished = await sandbox.serve(["--listen", address]);
  assertRefused(finished, 2, new RegExp(`Port ${listener.addr.port} .*in use`), /--listen/);
  // The core has taken nothing with it: the next one starts on another port.
  await assertStarts(sandbox);
});

Deno.test("exit 3: a second core on the same data directory names the first, which goes on", async () => {
  await using sandbox = await Sandbox.create();
  await using core = await startCore({ sandbox });
  const next = new RegExp(`kill ${core.pid}\\b.*--data-dir`);
  assertRefused(await sandbox.serve(), 3, new RegExp(`\\(pid ${core.pid}\\).*data`), next);

  // By another name of the same directory, and with another endpoint, too.
  const link = join(sandbox.folder, "link");
  Deno.symlinkSync(sandbox.dataDir, link);
  const args = ["serve", "--data-dir", link, "--listen", "127.0.0.1:0"];
  assert.equal((await sandbox.run(args)).code, 3);
  const elsewhere = `--tray-endpoint=unix://${sandbox.folder}/other.sock`;
  assert.equal((await sandbox.serve([elsewhere])).code, 3);

  assert.equal((await core.api("/info")).pid, core.pid);
});

Deno.test("exit 4: what is no JSON is told by line and column", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig('{\n  "listen": "127.0.0.1:0",\n  "api_key": "hush-hush" "x"\n}\n');
  const finished = await sandbox.serve();
  assertRefused(finished, 4, /mcp_config\.json:3:\d+: /, /^Edit .*mcp_config\.json/);
  assert(!finished.stderr.includes("hush-hush"));
});

Deno.test("exit 4: a wrong field is told by line, column and name, and every wrong one is", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig(
    '{\n  "tools_limit": "many",\n  "mcpServers": [{ "name": "a:b", "command": "x" }]\n}\n',
  );
  const { code, stderr } = await sandbox.serve();
  assert.equal(code, 4);
  assert.match(stderr, /mcp_config\.json:2:3: tools_limit: .*number/);
  assert.match(stderr, /mcp_config\.json:3:\d+: mcpServers\[0\]\.name: /);
  assert.match(stderr, /^Edit .*mcp_config\.json/m);
});

Deno.test("go fault 2: TLS, which the private channel could not be kept out of, is refused and not ignored", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ tls: { enabled: true } });
  assertRefused(await sandbox.serve(), 4, /tls\.enabled: TLS is not offered/, /^Edit/);
});

const wrongValues: [name: string, args: string[], what: RegExp][] = [
  ["a listen address without a port", ["--listen", "nowhere"], /--listen/],
  ["a port beyond 65535", ["--listen", "127.0.0.1:65536"], /--listen.*port/],
  ["an address of another machine", ["--listen", "192.0.2.1:8080"], /192\.0\.2\.1:8080/],
  ["an unknown log level", ["--log-level", "loud"], /--log-level/],
  ["a switch that is neither on nor off", ["--enable-socket=maybe"], /--enable-socket.*maybe/],
  ["an endpoint with another scheme", ["--tray-endpoint", "ftp://x"], /--tray-endpoint.*ftp/],
  ["an endpoint with a relative path", ["--tray-endpoint", "unix://x.sock"], /absolute/],
  ["an endpoint that is a directory", ["--tray-endpoint", "unix:///tmp/"], /directory/],
  ["an endpoint in no directory", ["--tray-endpoint", "unix:///nowhere/x.sock"], /\/nowhere/],
  [
    "an endpoint that is too long",
    ["--tray-endpoint", `unix:///tmp/${"x".repeat(120)}`],
    /125 bytes.*10[37]/,
  ],
];
for (const [name, args, what] of wrongValues) {
  Deno.test(`exit 4: ${name}`, async () => {
    await using sandbox = await Sandbox.create();
    const { code, stdout, stderr } = await sandbox.serve(args);
    assert.equal(code, 4, stderr);
    assert.match(stderr, what);
    assert.equal(stdout, "");
    // The line about where help is belongs to what the command line itself refuses.
    assert.equal(
      stderr.replace(/\n\(mcpproxy --help.*/, "").trimEnd().split("\n").length,
      1,
      stderr,
    );
  });
}

Deno.test("exit 4: an endpoint of the environment or of the file that cannot work", async () => {
  await using sandbox = await Sandbox.create();
  const byEnvironment = await sandbox.serve([], { MCPPROXY_TRAY_ENDPOINT: "tcp://127.0.0.1:1" });
  assertRefused(byEnvironment, 4, /MCPPROXY_TRAY_ENDPOINT.*tcp/, /unix:\/\/\//);
  sandbox.writeConfig({ tray_endpoint: "npipe:////./pipe/x" });
  assertRefused(await sandbox.serve(), 4, /tray_endpoint.*Windows/, /unix:\/\/\//);
});

Deno.test("exit 5: a data directory that others may enter is refused, unchanged, with the command that mends it", async () => {
  for (const mode of [0o755, 0o710, 0o701, 0o777]) {
    await using sandbox = await Sandbox.create();
    sandbox.writeConfig({});
    Deno.chmodSync(sandbox.dataDir, mode);
    const finished = await sandbox.serve();
    assertRefused(finished, 5, new RegExp(`mode 0${mode.toString(8)}`), /^Run: chmod 700 /);
    assert.equal(Deno.statSync(sandbox.dataDir).mode! & 0o7777, mode);
    await doAsTold(finished);
    if (mode === 0o777) await assertStarts(sandbox);
  }
});

Deno.test("exit 5: a config file that others may write is refused, with the command that mends it", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({});
  Deno.chmodSync(sandbox.configFile, 0o602);
  const finished = await sandbox.serve();
  assertRefused(finished, 5, /mcp_config\.json.*mode 0602/, /run: chmod 600 /);
  await doAsTold(finished);
  await assertStarts(sandbox);
});

Deno.test("exit 5: what lies at the socket's path and is no socket of ours is never removed", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({});
  const path = join(sandbox.dataDir, "mcpproxy.sock");
  Deno.writeTextFileSync(path, "somebody's file");
  assertRefused(await sandbox.serve(), 5, /mcpproxy\.sock is .*not a socket/, /Move it away/);
  assert.equal(Deno.readTextFileSync(path), "somebody's file");

  Deno.removeSync(path);
  const target = join(sandbox.folder, "target");
  Deno.writeTextFileSync(target, "");
  Deno.symlinkSync(target, path);
  assertRefused(await sandbox.serve(), 5, /mcpproxy\.sock is a symbolic link/, /Move it away/);
  assert(Deno.lstatSync(path).isSymlink);
});

Deno.test("exit 5: a data directory that is a link to nowhere", async () => {
  await using sandbox = await Sandbox.create();
  Deno.symlinkSync(join(sandbox.folder, "nowhere"), sandbox.dataDir);
  assertRefused(await sandbox.serve(), 5, /data leads nowhere/, /Create it, or remove the link/);
});

Deno.test("exit 4: a file where the data directory should be", async () => {
  await using sandbox = await Sandbox.create();
  Deno.writeTextFileSync(sandbox.dataDir, "");
  assertRefused(await sandbox.serve(), 4, /not a directory/i, /path/);
  assert.equal(Deno.readTextFileSync(sandbox.dataDir), "");
});
