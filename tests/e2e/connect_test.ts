/** `mcpproxy connect`, `disconnect` and `import`, as a person runs them. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { startCore } from "../support/core.ts";
import { type Finished, mcpproxy, Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { isRunning } from "../upstream/helper.ts";
import { conforming } from "./support/cli.ts";
import { fixtureServer } from "./support/servers.ts";

const token = "ghp_0123456789abcdefghij";

async function run(sandbox: Sandbox, ...args: string[]): Promise<Finished> {
  const finished = await sandbox.run(args);
  assert.doesNotMatch(finished.stdout + finished.stderr, /^ {4}at |Uncaught/m);
  assert(!(finished.stdout + finished.stderr).includes(token), "a secret was printed");
  return finished;
}

/** What a command answers as JSON. */
// deno-lint-ignore no-explicit-any -- each test looks at what it is about
async function json(sandbox: Sandbox, ...args: string[]): Promise<any> {
  const { code, stdout, stderr } = await run(sandbox, ...args, "--json");
  assert.equal(code, 0, stderr);
  const [command = ""] = args;
  return conforming(args.includes("--list") ? "connect --list" : command, JSON.parse(stdout));
}

function write(sandbox: Sandbox, path: string, text: string): string {
  const file = join(sandbox.home, path);
  Deno.mkdirSync(dirname(file), { recursive: true });
  Deno.writeTextFileSync(file, text, { mode: 0o600 });
  return file;
}

Deno.test("connect --list, --dry-run, connect, again, disconnect", async () => {
  await using sandbox = await Sandbox.create();
  const text = `{ // mine\n  "servers": {},\n}\n`;
  const file = write(sandbox, ".config/Code/User/mcp.json", text);
  write(sandbox, ".cursor/mcp.json", "{ broken");

  const listed = await run(sandbox, "connect", "--list");
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^CLIENT +INSTALLED +CONNECTED +FILE$/m);
  assert.match(listed.stdout, /^vscode +yes +no +\/.*mcp\.json$/m);
  assert.match(listed.stdout, /^zed +no +no /m);
  assert.match(listed.stdout, /^cursor +yes +\? /m);
  assert.match(listed.stdout, /^Cursor: .*mcp\.json:1:3: /m);

  const dry = await run(sandbox, "connect", "vscode", "--dry-run");
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, /^--- .*\n\+\+\+ .*\n@@ [^]*^ \{ \/\/ mine$[^]*^\+ {4}"mcpproxy": \{$/m);
  assert.equal(Deno.readTextFileSync(file), text);

  const connected = await run(sandbox, "connect", "vscode");
  assert.equal(connected.code, 0, connected.stderr);
  assert.match(connected.stdout, /VS Code: connected\n {2}file .*mcp\.json\n {2}before .*backup\n/);
  const [program, ...args] = mcpproxy;
  const { clients } = await json(sandbox, "connect", "--list");
  const { client: _, ...vscode } = clients.find(({ client }: { client: string }) =>
    client === "vscode"
  );
  assert.deepEqual(vscode, {
    title: "VS Code",
    installed: true,
    connected: true,
    current: true,
    file,
    problem: null,
  });
  const written = JSON.parse(
    Deno.readTextFileSync(file).replace("// mine", "").replace(",\n}", "}"),
  );
  assert.equal(written.servers.mcpproxy.type, "stdio");
  assert.equal(Deno.realPathSync(written.servers.mcpproxy.command), Deno.realPathSync(program!));
  assert.deepEqual(written.servers.mcpproxy.args, [...args, "stdio"]);

  assert.match((await run(sandbox, "connect", "vscode")).stdout, /already connected/);
  assert.equal((await json(sandbox, "disconnect", "vscode")).action, "disconnected");
  assert.equal(Deno.readTextFileSync(file), text);
  assert.match((await run(sandbox, "disconnect", "vscode")).stdout, /not connected/);
});

Deno.test("connect says what it cannot do, and what to do next", async () => {
  await using sandbox = await Sandbox.create();
  write(sandbox, ".codex/config.toml", `[mcp_servers.mcpproxy]\nurl = "http://x/mcp"\n`);
  write(sandbox, ".gemini/settings.json", `{"a": }`);
  const refused: [args: string[], code: number, what: RegExp][] = [
    [["connect", "cursr"], 4, /no client "cursr"\. Did you mean cursor\?.*claude-desktop/],
    [["connect", "zed"], 1, /Zed does not seem to be installed.*--force/],
    [["connect", "codex"], 1, /already has a server named "mcpproxy".*--force/],
    [["connect", "gemini"], 4, /settings\.json:1:7: a value is expected/],
    [["disconnect"], 4, /missing required argument 'client'/],
    [["import", "cursor", "--all"], 4, /exclude each other/],
    [["import", "gemini"], 4, /settings\.json:1:7/],
  ];
  await Promise.all(refused.map(async ([args, code, what]) => {
    const finished = await run(sandbox, ...args);
    assert.match(finished.stderr, what);
    assert.equal(finished.code, code, finished.stderr);
    assert.equal(finished.stdout, "");
  }));
});

Deno.test("import adds to the running core what clients have, once", async () => {
  await using sandbox = await Sandbox.create();
  const { name: _, ...plain } = fixtureServer("plain");
  write(
    sandbox,
    ".cursor/mcp.json",
    JSON.stringify({
      mcpServers: {
        plain: { ...plain, env: { TOKEN: token } },
        asks: { command: "x", args: ["${workspaceFolder}"] },
        mcpproxy: { command: "/usr/bin/mcpproxy", args: ["stdio"] },
      },
    }),
  );
  write(
    sandbox,
    ".codex/config.toml",
    `# mine\n[mcp_servers.taken]\ncommand = "true"\nenabled = false\n`,
  );
  write(sandbox, ".config/zed/settings.json", "{ broken");
  const dataDir = ["--data-dir", sandbox.dataDir];

  const without = await run(sandbox, "import", "--all", ...dataDir);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /No mcpproxy core is running.*nothing was imported.*mcpproxy serve/);
  const shown = await run(sandbox, "import", ...dataDir);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^cursor +plain +to be added[^]*^To add them: mcpproxy import --all/m);
  assert.match(shown.stdout, /^zed: .*settings\.json:1:3/m);
  assert.throws(
    () => Deno.lstatSync(sandbox.dataDir),
    Deno.errors.NotFound,
    "looking makes nothing",
  );

  await using core = await startCore({
    sandbox,
    config: { mcpServers: [{ name: "taken", command: "false", enabled: false }] },
  });
  const actions = ({ servers }: { servers: Record<string, string>[] }) =>
    servers.map(({ client, name, as, action }) => [client, name, as, action]);
  const rest = [["cursor", "asks", null, "skip"]];
  assert.deepEqual(actions(await json(sandbox, "import", "-n", "--all", ...dataDir)), [
    ["cursor", "plain", "plain", "add"],
    ...rest,
    ["codex", "taken", "taken-codex", "add"],
  ]);
  const imported = await json(sandbox, "import", "--all", ...dataDir);
  assert.deepEqual(actions(imported), [
    ["cursor", "plain", "plain", "added"],
    ...rest,
    ["codex", "taken", "taken-codex", "added"],
  ]);
  await core.serverIs("plain", "ready");
  const { mcpServers } = JSON.parse(Deno.readTextFileSync(sandbox.configFile));
  assert.deepEqual(mcpServers.map(({ name }: { name: string }) => name), [
    "taken",
    "plain",
    "taken-codex",
  ]);
  assert.equal(mcpServers[1].env.TOKEN, token);
  assert.equal(mcpServers[1].quarantined, false);
  assert.equal(mcpServers[2].enabled, false);

  const again = await json(sandbox, "import", "--all", ...dataDir);
  assert.deepEqual(actions(again).map(([, , , action]) => action), ["present", "skip", "present"]);
});

// The official client's transport gives its process two seconds by a timer that it leaves
// running; this test is the last, so that no other sees it.
const unsanitized = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "a client that is connected reaches the core's tools by its entry",
  unsanitized,
  async () => {
    await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
    await core.serverIs("plain", "ready");
    const file = write(core.sandbox, ".claude.json", `{"numStartups":1}`);
    const connected = await run(core.sandbox, "connect", "claude-code", "--data-dir", core.dataDir);
    assert.equal(connected.code, 0, connected.stderr);
    const { type, command, args } = JSON.parse(Deno.readTextFileSync(file)).mcpServers.mcpproxy;
    assert.equal(type, "stdio");

    const client = new Client({ name: "connected", version: "1" });
    // As a desktop starts it: from anywhere, without what the shell knows.
    const { HOME, DENO_DIR } = core.sandbox.environment();
    const env = { HOME: HOME!, DENO_DIR: DENO_DIR!, PATH: "/usr/bin:/bin" };
    const transport = new StdioClientTransport({ command, args, env, cwd: "/", stderr: "ignore" });
    await client.connect(transport);
    const { pid } = transport;
    try {
      const { tools } = await client.listTools();
      assert(tools.some(({ name }) => name === "call_tool"), JSON.stringify(tools));
      const { connections } = await core.api("/connections");
      assert(connections.length > 1, "the core sees it");
    } finally {
      await client.close();
      await until(() => !isRunning(pid!), "it has ended");
    }
  },
);
