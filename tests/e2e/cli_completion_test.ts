/** Completion by real shells: names come from the running core, and nothing that they hold is ever evaluated. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Core, startCore } from "../support/core.ts";
import { testWithPrograms } from "../support/programs.ts";
import { mcpproxy, Sandbox } from "../support/sandbox.ts";
import { Cli } from "./support/cli.ts";
import { fixtureServer } from "./support/servers.ts";

/** Server names that a shell would take for more, and one that it would not. */
const names = [
  "plain",
  "plain-two",
  "$(touch pwned)",
  "`touch pwned`",
  "a b",
  "x;touch pwned",
  "ü",
];

async function coreWithNames(): Promise<Core> {
  const core = await startCore({
    config: {
      mcpServers: [
        fixtureServer("plain"),
        ...names.slice(1).map((name) => ({ name, command: "true", enabled: false })),
      ],
    },
  });
  await core.serverIs("plain", "ready");
  // What the shells find as mcpproxy.
  const quoted = mcpproxy.map((word) => `'${word}'`).join(" ");
  const program = join(core.sandbox.folder, "mcpproxy");
  Deno.writeTextFileSync(program, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return core;
}

/** Runs a script of a shell in the folder of the sandbox, where `mcpproxy` is on PATH. */
async function shell(core: Core, program: string, args: string[]): Promise<string> {
  const { folder } = core.sandbox;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    clearEnv: true,
    env: core.sandbox.environment({
      MCPPROXY_DATA: core.dataDir,
      PATH: `${folder}:${Deno.env.get("PATH")}`,
    }),
    cwd: folder,
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(code, 0, text(stderr));
  assert.equal(text(stderr), "");
  assert.throws(() => Deno.lstatSync(join(folder, "pwned")), Deno.errors.NotFound);
  return text(stdout);
}

const inBash = `
source <(mcpproxy completion bash)
source <(mcpproxy completion bash)
complete -p mcpproxy
try() {
  COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _mcpproxy
  echo "$* => \${COMPREPLY[*]}"
}
try mcpproxy sto
try mcpproxy upstream enable ""
try mcpproxy upstream enable '$(touch pwned)'
try mcpproxy tools show plain : ec
try mcpproxy tools show plain:ec
try mcpproxy status --output = y
try mcpproxy -o ""
try mcpproxy completion f
try mcpproxy upstream nonsense ""
`;

Deno.test("bash completes commands, options and the names of the running core", async () => {
  await using core = await coreWithNames();
  const lines = (await shell(core, "bash", ["--norc", "-c", inBash])).trimEnd().split("\n");
  assert.deepEqual(lines, [
    "complete -F _mcpproxy mcpproxy",
    "mcpproxy sto => stop",
    "mcpproxy upstream enable  => plain plain-two ü",
    "mcpproxy upstream enable $(touch pwned) => ",
    "mcpproxy tools show plain : ec => echo",
    "mcpproxy tools show plain:ec => echo",
    "mcpproxy status --output = y => yaml",
    "mcpproxy -o  => table json yaml",
    "mcpproxy completion f => fish",
    "mcpproxy upstream nonsense  =>",
  ]);
});

testWithPrograms("zsh completes names of the running core", ["zsh"], async () => {
  await using core = await coreWithNames();
  const script = `
    autoload -Uz compinit; compinit -u -d "$HOME/dump"
    source <(mcpproxy completion zsh)
    echo \${_comps[mcpproxy]}
    _describe() { print -rl -- "\${(@P)2}"; }
    words=(mcpproxy tools show plain:ec); CURRENT=4; _mcpproxy
    words=(mcpproxy upstream enable ""); CURRENT=4; _mcpproxy
    words=(mcpproxy upstream enable '$(touch pwned)'); CURRENT=4; _mcpproxy`;
  assert.deepEqual((await shell(core, "zsh", ["-f", "-c", script])).trimEnd().split("\n"), [
    "_mcpproxy",
    "plain\\:echo:echo",
    "plain:Connected (10 tools)",
    "plain-two:Disabled",
    "ü:Disabled",
  ]);
});

testWithPrograms("fish completes names of the running core", ["fish"], async () => {
  await using core = await coreWithNames();
  const script = `
    mcpproxy completion fish | source
    complete -C 'mcpproxy tools show plain:ec'
    complete -C 'mcpproxy upstream enable '
    complete -C 'mcpproxy versi'`;
  assert.deepEqual(
    (await shell(core, "fish", ["--no-config", "-c", script])).trimEnd().split("\n"),
    [
      "plain:echo\techo",
      "plain\tConnected (10 tools)",
      "plain-two\tDisabled",
      "ü\tDisabled",
      "version\tshow the version",
    ],
  );
});

Deno.test("without a core names are completed by nothing, and nothing is said", async () => {
  await using sandbox = await Sandbox.create();
  const cli = new Cli(sandbox);
  assert.equal(await cli.text("complete", "--", "upstream", "enable", ""), "");
  assert.equal(await cli.text("complete", "--", "tools", "call", "x"), "");
  assert.match(await cli.text("complete", "--", "upstream", "e"), /^enable\tenable a server\n$/);
  assert.match(await cli.text("completion", "powershell"), /Register-ArgumentCompleter -Native/);
  assert.equal(
    await cli.text("complete", "--cursor", "=", "--", "completion"),
    "bash\t\nzsh\t\nfish\t\npowershell\t\n",
  );
});
