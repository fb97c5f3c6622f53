/** What somebody sees who starts mcpproxy for the first time, and for the second. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import deno from "../../deno.json" with { type: "json" };
import { Child } from "../support/child.ts";
import { startCore } from "../support/core.ts";
import { built, mcpproxy, Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { mark } from "./support/processes.ts";

const anyPort = ["--listen", "127.0.0.1:0"];

function modeOf(path: string): string {
  return (Deno.lstatSync(path).mode! & 0o7777).toString(8).padStart(4, "0");
}

Deno.test("a first run on an empty HOME makes a private data directory, config, key and socket", async () => {
  await using sandbox = await Sandbox.create();
  await using core = await startCore({ sandbox, args: anyPort });

  assert.equal(core.dataDir, join(sandbox.home, ".mcpproxy"));
  assert.equal(modeOf(core.dataDir), "0700");
  assert.equal(modeOf(join(core.dataDir, "mcp_config.json")), "0600");
  assert.match(core.apiKey, /^[0-9a-f]{64}$/);
  assert.equal(core.socket, join(core.dataDir, "mcpproxy.sock"));
  assert(Deno.lstatSync(core.socket).isSocket);
  assert.equal(modeOf(core.socket), "0600");
  for (const { name } of Deno.readDirSync(core.dataDir)) {
    assert.match(modeOf(join(core.dataDir, name)), /^0?[0-7]00$/, `${name} is open to others`);
  }
});

Deno.test("a first run says in a few lines where it listens and what to do next", async () => {
  await using sandbox = await Sandbox.create();
  await using core = await startCore({ sandbox, args: anyPort });
  const output = core.output();

  assert(output.includes(`unix://${core.socket}`), "where the private channel is");
  assert(output.includes(`http://${core.tcp}`), "where the TCP listener is");
  assert(output.includes(join(core.dataDir, "mcp_config.json")), "where the config is");
  assert(output.includes('"mcpServers"') && output.includes(`"command":"npx"`), "a first server");
  assert(output.includes(`http://${core.tcp}/mcp`), "how to point a client at it");
  assert(output.trimEnd().split("\n").length < 25, output);
});

Deno.test("the command by which the first run says that a server is added works as it stands", async () => {
  await using sandbox = await Sandbox.create();
  const dataDir = join(sandbox.folder, "it's the data");
  await using core = await startCore({ sandbox, args: [...anyPort, "--data-dir", dataDir] });
  const [, command] = /^ {2}mcpproxy (.*)\n/m.exec(core.output())!;
  // Not npx: the test need not fetch a package.
  const line = `"$@" ${command!.replace("everything -- npx", "everything --disabled -- false")}`;

  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line, "sh", ...mcpproxy],
    clearEnv: true,
    env: sandbox.environment({ NO_PROXY: "*" }),
  }).output();

  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.equal(
    new TextDecoder().decode(stdout),
    "everything: added (mcpproxy upstream list shows when it is connected)\n",
  );
  const { servers } = await core.api("/servers");
  assert.deepEqual(servers.map(({ name }: { name: string }) => name), ["everything"]);
});

Deno.test("a second start keeps the key, the config and the place of the socket", async () => {
  await using sandbox = await Sandbox.create();
  const file = join(sandbox.home, ".mcpproxy", "mcp_config.json");
  let first: { key: string; socket: string; text: string };
  {
    await using core = await startCore({ sandbox, args: anyPort });
    first = { key: core.apiKey, socket: core.socket, text: Deno.readTextFileSync(file) };
  }
  await using core = await startCore({ sandbox, args: anyPort });

  assert.equal(core.apiKey, first.key);
  assert.equal(core.socket, first.socket);
  assert.equal(Deno.readTextFileSync(file), first.text);
  const overTcp = await core.overTcp("/api/v1/status");
  assert.equal(overTcp.status, 200);
  await overTcp.body?.cancel();
  assert.equal((await core.api("/status")).running, true);
});

Deno.test("serve is what mcpproxy does when no command is given", async () => {
  await using sandbox = await Sandbox.create();
  const given = ["--data-dir", sandbox.dataDir];
  const bare = await sandbox.run([...given, "--listen", "nowhere"]);
  const explicit = await sandbox.run(["serve", ...given, "--listen", "nowhere"]);
  assert.deepEqual(bare, explicit);
  assert.equal(bare.code, 4);
  assert.match(bare.stderr, /--listen/);
});

Deno.test("these tests start the core as `deno task serve` does", () => {
  if (built) return assert.deepEqual(mcpproxy, [Deno.realPathSync(built)]); // its tests are in tests/build
  const [program, ...args] = mcpproxy;
  const at = args.indexOf("--config"); // they run elsewhere, the task does not
  args.splice(at, 2);
  const words = [basename(program!), ...args.slice(0, -1), basename(args.at(-1)!), "serve"];
  assert.equal(words.join(" "), deno.tasks.serve.command);
});

Deno.test("the demo serves three real servers, and nothing is left of it in the end", async () => {
  await using sandbox = await Sandbox.create();
  const { variable, processes } = mark();
  const [command, ...args] = deno.tasks.demo.command.split(" ");
  assert.equal(command, "deno");
  await using demo = new Child("/bin/sh", {
    args: ["-c", 'exec "$@" 2>/dev/null', "sh", Deno.execPath(), ...args],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: sandbox.environment({ ...variable, TMPDIR: sandbox.folder }),
    clearEnv: true,
  });
  const [, path] = /unix:\/\/(\S+)/.exec(await demo.line("Private channel"))!;
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: path! } });
  await until(async () => {
    const response = await fetch("http://localhost/api/v1/status", { client });
    return (await response.json()).data.upstream_stats.connected_servers === 3;
  }, "three servers are connected");

  demo.kill("SIGINT");
  assert.equal((await demo.end()).code, 0);
  assert.deepEqual(processes(), []);
  assert.deepEqual([...Deno.readDirSync(sandbox.folder)].map(({ name }) => name), ["home"]);
});
