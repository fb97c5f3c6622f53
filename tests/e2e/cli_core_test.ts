/** Commands about the core and its config, and what each command does where the core is away, another's, or imitated. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { askCore, withCore } from "../../lib/cli/ask.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { Cli, conforming } from "./support/cli.ts";

/** Every command that asks a core. */
const asking: string[][] = [
  ["status"],
  ["stop"],
  ["upstream", "list"],
  ["upstream", "add", "x", "--", "npx"],
  ["upstream", "remove", "x"],
  ["upstream", "enable", "x"],
  ["upstream", "logs", "x"],
  ["upstream", "logs", "x", "-f"],
  ["upstream", "inspect", "x"],
  ["tools", "list"],
  ["tools", "search", "x"],
  ["tools", "show", "x:y"],
  ["tools", "call", "x:y", "a=1"],
  ["events"],
];

Deno.test("stop ends the core in order, says which, and waits until it is gone", async () => {
  await using sandbox = await Sandbox.create();
  const cli = new Cli(sandbox);
  {
    await using core = await startCore({ sandbox });
    assert.match(
      await cli.text("stop"),
      new RegExp(`^Stopped mcpproxy .* \\(pid ${core.pid}\\)\\.\n$`),
    );
    assert.equal(await core.exited, 0);
    assert.match(core.output(), /asked to stop over socket by process [0-9]+/);
  }
  {
    await using core = await startCore({ sandbox });
    const answer = await cli.json("stop", ["stop"]);
    assert.deepEqual([answer.pid, answer.data_dir], [core.pid, core.dataDir]);
    assert.equal(await core.exited, 0);
  }
  assert.match(await cli.fault(1, "stop"), /No mcpproxy core is running.*nothing to stop/);
});

Deno.test("without a core every command says so, and makes nothing", async () => {
  await using sandbox = await Sandbox.create();
  const cli = new Cli(sandbox);
  // In turns: a few at a time are enough for two processors.
  for (let at = 0; at < asking.length; at += 4) {
    await Promise.all(
      asking.slice(at, at + 4).map(async (words) => {
        const fault = await cli.fault(1, ...words);
        assert(fault.includes(`No mcpproxy core is running for ${sandbox.dataDir}`), fault);
      }),
    );
  }
  assert.throws(() => Deno.lstatSync(sandbox.dataDir), Deno.errors.NotFound);
});

Deno.test("a core of another data directory is not taken for ours", async () => {
  await using core = await startCore();
  await using other = await Sandbox.create();
  other.writeConfig({ mcpServers: [] });
  const cli = new Cli(other);
  for (const words of [["stop"], ["upstream", "list"], ["tools", "call", "x:y"]]) {
    assert.match(await cli.fault(1, ...words), /No mcpproxy core is running/);
  }
  assert.equal(core.exitCode, null);
});

Deno.test("go fault 27: every command works while the core holds the data directory, many at a time", async () => {
  await using core = await startCore({
    config: { mcpServers: [{ name: "x", command: "/no", enabled: false }] },
  });
  const cli = new Cli(core.sandbox);
  const words = [
    ...[["status"], ["upstream", "list"], ["upstream", "logs", "x"], ["upstream", "inspect", "x"]],
    ...[["tools", "list"], ["tools", "search", "x"], ["config", "show"], ["config", "validate"]],
  ];
  await Promise.all(words.map((command) => cli.text(...command)));
  // Those that change the config, all at once: none is lost.
  const names = ["a", "b", "c", "d"];
  await Promise.all(
    names.map((name) => cli.text("upstream", "add", name, "--disabled", "--", "npx")),
  );
  const { servers } = await cli.json("upstream list", ["upstream", "list"]);
  const listed = servers.map(({ name }: { name: string }) => name).sort();
  assert.deepEqual(listed, [...names, "x"]);
  assert.match(
    await cli.fault(3, "serve"),
    new RegExp(`pid ${core.pid}\\) holds the data directory`),
  );
});

Deno.test("a core that takes connections and does not answer is not waited for without end", async () => {
  await using core = await startCore();
  const inputs = {
    flags: { dataDir: core.dataDir },
    environment: core.sandbox.environment(),
    platform: operatingSystem,
    workingDirectory: core.sandbox.folder,
  };
  assert.equal((await askCore(inputs, (client) => client.info())).pid, core.pid);
  Deno.kill(core.pid, "SIGSTOP");
  try {
    const silent = { message: /has not answered within 0\.3 s/, next: /mcpproxy doctor/ };
    await assert.rejects(askCore(inputs, (client) => client.status(), 300), silent);
    await assert.rejects(withCore(inputs, () => Promise.resolve(), 300), silent);
  } finally {
    Deno.kill(core.pid, "SIGCONT");
  }
});

Deno.test("what lies at the socket's path and is not certainly ours gets nothing", async () => {
  await using core = await startCore();
  const cli = new Cli(core.sandbox);
  Deno.removeSync(core.socket);
  const attacks: Record<string, () => void> = {
    "a file": () => Deno.writeTextFileSync(core.socket, "no socket"),
    "a link": () => Deno.symlinkSync(join(core.sandbox.folder, "elsewhere.sock"), core.socket),
    "a folder": () => Deno.mkdirSync(core.socket),
  };
  for (const [what, attack] of Object.entries(attacks)) {
    attack();
    for (const words of [["stop"], ["tools", "call", "x:y", "--args", "{}"]]) {
      assert.match(await cli.fault(1, ...words), /is not a socket; nothing was sent/, what);
    }
    Deno.removeSync(core.socket);
  }
  assert.equal(core.exitCode, null);
});

Deno.test("where the socket is switched off, commands go over TCP with the key", async () => {
  await using core = await startCore({ config: { enable_socket: false, mcpServers: [] } });
  const cli = new Cli(core.sandbox);
  assert.match(await cli.text("upstream", "add", "a", "--disabled", "--", "npx"), /^a: added/);
  assert.match(await cli.text("upstream", "list"), /^a +disabled/m);
  assert.match(await cli.fault(1, "tools", "call", "a:b"), /not ready \(disabled\)/);
  assert.match(await cli.text("stop"), /^Stopped/);
  assert.match(core.output(), /asked to stop over tcp/);
});

Deno.test("the file's faults are all told, with line and column", async () => {
  await using sandbox = await Sandbox.create();
  const cli = new Cli(sandbox);
  assert.match(await cli.fault(4, "config", "validate"), /there is no file .*mcp_config\.json/);
  sandbox.writeConfig(
    `{\n  "listen": 5,\n  "mcpServers": [\n    {"name": "a/b", "command": "x"},\n    {}\n  ]\n}`,
  );
  const { code, stdout, stderr } = await cli.run("config", "validate");
  assert.deepEqual([code, stdout], [4, ""]);
  const file = sandbox.configFile;
  for (const what of [`${file}:2:3: listen`, `${file}:4:6: mcpServers[0].name`, `${file}:5:5: `]) {
    assert(stderr.includes(what), `${what}:\n${stderr}`);
  }
  assert.match(stderr, /\nmcpproxy: [3-9] faults in .*\n$/);
  const json = await cli.json("config validate", ["config", "validate"], 4);
  assert.deepEqual([json.valid, json.issues[0].line, json.issues[0].column], [false, 2, 3]);

  const other = join(sandbox.folder, "other.json");
  Deno.writeTextFileSync(other, '{"api_key": "k3y", }', { mode: 0o600 });
  const broken = await cli.run("config", "validate", "other.json");
  assert.equal(broken.code, 4);
  assert.match(broken.stderr, /other\.json:1:[0-9]+: /);
  Deno.writeTextFileSync(other, '{"require_mcp_auth": false}');
  assert.match(
    await cli.text("config", "validate", other),
    /^warning: require_mcp_auth is false.*\n.*: ok\n$/,
  );
  Deno.chmodSync(other, 0o666);
  assert.match(await cli.fault(5, "config", "validate", other), /other\.json/);
});

Deno.test("the config in force is shown with its secrets masked, of the core or of the file", async () => {
  await using sandbox = await Sandbox.create();
  const cli = new Cli(sandbox);
  const secret = "sup3rs3cretvalue";
  sandbox.writeConfig({
    api_key: `key-${secret}`,
    unknown_field: 1,
    mcpServers: [{ name: "a", command: "x", enabled: false, env: { TOKEN: secret } }],
  });
  assert.equal(await cli.text("config", "path"), `${sandbox.configFile}\n`);
  const path = await cli.json("config path", ["config", "path"]);
  assert.deepEqual([path.exists, path.data_directory], [true, sandbox.dataDir]);
  const ofFile = await cli.json("config show", ["config", "show"]);
  await using _core = await startCore({ sandbox });
  const ofCore = await cli.json("config show", ["config", "show"]);
  assert.deepEqual([ofFile.source, ofCore.source], ["file", "core"]);
  assert.deepEqual({ ...ofFile.config, listen: "" }, { ...ofCore.config, listen: "" });
  const shown = await cli.text("config", "show");
  assert.equal(JSON.parse(shown).unknown_field, 1);
  for (const text of [JSON.stringify(ofFile), JSON.stringify(ofCore), shown]) {
    assert(!text.includes(secret) && text.includes("••••"), text);
  }
});

Deno.test("version and status keep their promised shapes, in JSON and in YAML", async () => {
  await using core = await startCore({ config: { mcpServers: [] } });
  const cli = new Cli(core.sandbox);
  const { version } = await cli.json("version", ["version"]);
  assert(core.output().includes(version));
  assert.match(await cli.text("version", "-o", "yaml"), new RegExp(`^version: ${version}\n`));
  conforming("status", JSON.parse(await cli.text("status", "--json")));
  assert.match(await cli.fault(4, "status", "-o", "xml"), /there is no format "xml"/);
  assert.match(await cli.text("help", "upstream"), /mcpproxy upstream[^]*inspect/);
  assert.match(await cli.text("tools", "call", "--help"), /server:tool[^]*Examples:/);
});
