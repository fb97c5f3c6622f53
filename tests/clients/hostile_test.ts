/** Settings files that are not what they should be. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { connect, disconnect, inspect } from "../../lib/clients/connection.ts";
import { difference } from "../../lib/clients/difference.ts";
import { formatOf } from "../../lib/clients/settings_file.ts";
import { UserError } from "../../lib/errors.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { testWithSecondUser } from "../support/second_user.ts";
import { clientOf, entryOf, SettingsFolder } from "./helper.ts";

const plainly = { dryRun: false, force: false };
const desktop = clientOf("claude-desktop");
const vscode = clientOf("vscode");
const codex = clientOf("codex");

async function refusal(folder: SettingsFolder, client = desktop): Promise<UserError> {
  const error = await connect(client, folder.location, entryOf(client), plainly)
    .then(() => assert.fail("it was taken"), (error) => error);
  assert(error instanceof UserError, `${error.stack}`);
  assert(error.next);
  const { isConnected, problem } = await inspect(client, folder.location, entryOf(client));
  assert.equal(isConnected, false);
  if (problem !== null) assert.equal(problem, error.message);
  return error;
}

Deno.test("what cannot be parsed is refused with line and column, and untouched", async () => {
  const broken: [client: typeof desktop, text: string, place: string][] = [
    [desktop, `{\n  "mcpServers": {\n    "a": {}\n    "b": {}\n  }\n}\n`, ":4:5: a comma"],
    [desktop, `{\n  // no comments here\n  "a": 1\n}`, ":2:3: comments are not allowed"],
    [desktop, `{ "a": 1, }`, ":1:11: "],
    [vscode, `{ // fine\n  "servers": {\n`, ":3:1: "],
    [vscode, `{} {}`, ":1:4: "],
    [desktop, `["mcpServers"]`, ":1:1: expected an object"],
    [codex, `a = 1\nb =\n`, ":3:1: "],
    [codex, `[mcp_servers.x]\n[mcp_servers.x]\n`, ":2:"],
    [codex, `mcp_servers = "none"\n`, `"mcp_servers" in `],
    [desktop, `{"mcpServers": []}`, `"mcpServers" in `],
    [desktop, `{"mcpServers": null}`, `"mcpServers" in `],
  ];
  for (const [client, text, place] of broken) {
    using folder = new SettingsFolder(text);
    const { message, exitCode } = await refusal(folder, client);
    assert(message.includes(place) && message.includes(folder.file), `${text}: ${message}`);
    assert.equal(exitCode, 4);
    assert.equal(folder.text(), text);
    assert.deepEqual(folder.others(), []);
  }
});

Deno.test("a symbolic link is followed: its target is changed, and the link stays", async () => {
  using folder = new SettingsFolder();
  using dotfiles = temporaryFolder();
  const target = join(dotfiles.path, "mcp.json");
  Deno.writeTextFileSync(target, "{}", { mode: 0o640 });
  Deno.chmodSync(target, 0o640);
  Deno.symlinkSync(target, folder.file);
  const { backup } = await connect(vscode, folder.location, entryOf(vscode), plainly);
  assert.equal(backup, `${target}.mcpproxy-backup`);
  assert(Deno.lstatSync(folder.file).isSymlink);
  assert.equal(Deno.statSync(target).mode! & 0o777, 0o640, "the mode stays");
  assert.equal(Deno.statSync(backup!).mode! & 0o777, 0o600, "the copy is for its owner alone");
  assert(JSON.parse(Deno.readTextFileSync(target)).servers.mcpproxy);
  await disconnect(vscode, folder.location, plainly);
  assert.equal(Deno.readTextFileSync(target), "{}");
  assert(Deno.lstatSync(folder.file).isSymlink);
});

Deno.test("a link to nothing, a folder, a FIFO, what is too large or no text: refused", async () => {
  {
    using folder = new SettingsFolder();
    Deno.symlinkSync(join(folder.path, "nothing"), folder.file);
    assert.match((await refusal(folder)).message, /symbolic link to a file that does not exist/);
  }
  {
    using folder = new SettingsFolder();
    Deno.mkdirSync(folder.file);
    assert.match((await refusal(folder)).message, /is a directory/);
  }
  {
    using folder = new SettingsFolder();
    assert((await new Deno.Command("mkfifo", { args: [folder.file] }).output()).success);
    assert.match((await refusal(folder)).message, /not a regular file/);
  }
  {
    using folder = new SettingsFolder("{}");
    Deno.truncateSync(folder.file, 65 * 1024 * 1024);
    assert.match((await refusal(folder)).message, /larger than 64 MiB/);
  }
  {
    using folder = new SettingsFolder();
    Deno.writeFileSync(folder.file, new Uint8Array([0x7b, 0xff, 0x7d]), { mode: 0o600 });
    assert.match((await refusal(folder)).message, /not UTF-8/);
  }
});

Deno.test("deep nesting is refused, not fallen over", async () => {
  for (const open of ['{"a":', "["]) {
    using folder = new SettingsFolder(`{"x":${open.repeat(100_000)}`);
    assert.match((await refusal(folder, vscode)).message, /nested deeper/);
  }
  using folder = new SettingsFolder(`a = ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`);
  const outcome = await connect(codex, folder.location, entryOf(codex), plainly)
    .catch((error) => error);
  if (outcome instanceof Error) assert(outcome instanceof UserError, outcome.stack);
});

Deno.test("what its owner has made read-only stays so", async () => {
  using folder = new SettingsFolder("{}");
  Deno.chmodSync(folder.file, 0o444);
  const { message, next, exitCode } = await refusal(folder);
  assert.match(message, /read-only \(mode 0444\)/);
  assert.match(next!, /chmod u\+w/);
  assert.equal(exitCode, 5);
  assert.equal(folder.text(), "{}");
});

Deno.test("a file that everybody can write is not believed", async () => {
  using folder = new SettingsFolder("{}");
  Deno.chmodSync(folder.file, 0o666);
  const { message, exitCode } = await refusal(folder);
  assert.match(message, /can be changed by every user/);
  assert.equal(exitCode, 5);
});

testWithSecondUser("a file of another user is left alone, also behind a link", async ({ uid }) => {
  using folder = new SettingsFolder("{}");
  Deno.chownSync(folder.file, uid, null);
  assert.match((await refusal(folder)).message, new RegExp(`another user \\(uid ${uid}\\)`));
  assert.equal(folder.text(), "{}");
  using other = new SettingsFolder();
  Deno.symlinkSync(folder.file, other.file);
  assert.match((await refusal(other)).message, /another user/);
});

Deno.test("names such as __proto__ are names like any other", async () => {
  const text = `{"__proto__":{"mcpServers":{"x":1}},"mcpServers":{"__proto__":{"command":"c"}},` +
    `"constructor":{"prototype":{}}}`;
  using folder = new SettingsFolder(text);
  await connect(desktop, folder.location, entryOf(desktop), plainly);
  const value = JSON.parse(folder.text());
  assert.deepEqual(Object.keys(value), ["__proto__", "mcpServers", "constructor"]);
  assert.deepEqual(Object.keys(value.mcpServers), ["__proto__", "mcpproxy"]);
  assert.equal(({} as Record<string, unknown>).mcpServers, undefined);
  await disconnect(desktop, folder.location, plainly);
  assert.equal(folder.text(), text);
});

Deno.test("of what is given twice the last counts, as for the clients, and both stay", async () => {
  const text = `{"mcpServers":{"a":{"command":"1"}},"mcpServers":{"b":{"command":"2"}}}`;
  using folder = new SettingsFolder(text);
  await connect(desktop, folder.location, entryOf(desktop), plainly);
  assert.deepEqual(Object.keys(JSON.parse(folder.text()).mcpServers), ["b", "mcpproxy"]);
  assert(folder.text().startsWith(text.slice(0, -2)));
  await disconnect(desktop, folder.location, plainly);
  assert.equal(folder.text(), text);
});

Deno.test("what lies where the copy goes is not followed, and a folder there stops us", async () => {
  using folder = new SettingsFolder("{}");
  using elsewhere = temporaryFolder();
  const victim = join(elsewhere.path, "victim");
  Deno.writeTextFileSync(victim, "mine");
  const backup = `${folder.file}.mcpproxy-backup`;
  Deno.symlinkSync(victim, backup);
  await connect(desktop, folder.location, entryOf(desktop), plainly);
  assert.equal(Deno.readTextFileSync(victim), "mine");
  assert.equal(Deno.readTextFileSync(backup), "{}");
  assert(!Deno.lstatSync(backup).isSymlink);

  using blocked = new SettingsFolder("{}");
  Deno.mkdirSync(`${blocked.file}.mcpproxy-backup`);
  Deno.writeTextFileSync(join(`${blocked.file}.mcpproxy-backup`, "x"), "");
  await assert.rejects(
    connect(desktop, blocked.location, entryOf(desktop), plainly),
    (error) => error instanceof UserError,
  );
  assert.equal(blocked.text(), "{}");
  assert.deepEqual(blocked.others(), ["settings.mcpproxy-backup"], "no temporary file is left");
});

Deno.test("a copy that is older than other changes is not put back", async () => {
  const text = `{"mcpServers":{}}`;
  using folder = new SettingsFolder(text);
  await connect(desktop, folder.location, entryOf(desktop), plainly);
  const changed = folder.text().replace("{", `{"added":"since",`);
  Deno.writeTextFileSync(folder.file, changed);
  await disconnect(desktop, folder.location, plainly);
  assert.deepEqual(JSON.parse(folder.text()), { added: "since", mcpServers: {} });
});

Deno.test("a client that is not installed gets no file, unless forced", async () => {
  using folder = new SettingsFolder();
  const location = { file: join(folder.path, "deep", "settings"), isInstalled: false };
  const entry = entryOf(desktop);
  await assert.rejects(connect(desktop, location, entry, plainly), /not seem to be installed/);
  assert.equal((await disconnect(desktop, location, plainly)).action, "unchanged");
  assert.deepEqual(folder.others(), []);
  const outcome = await connect(desktop, location, entry, { dryRun: false, force: true });
  assert.deepEqual([outcome.action, outcome.backup], ["connected", null]);
  assert.equal(Deno.statSync(location.file).mode! & 0o777, 0o600);
  assert.equal(
    Deno.readTextFileSync(location.file),
    `${JSON.stringify({ mcpServers: { mcpproxy: entry } }, null, 2)}\n`,
  );
});

Deno.test("two at once leave one whole file", async () => {
  using folder = new SettingsFolder(`{"mcpServers":{"a":{"command":"x"}}}`);
  const actions = await Promise.all(
    Array.from({ length: 8 }, () => connect(desktop, folder.location, entryOf(desktop), plainly)),
  );
  assert.equal(actions.filter(({ action }) => action === "connected").length, 1);
  assert.deepEqual(Object.keys(JSON.parse(folder.text()).mcpServers), ["a", "mcpproxy"]);
});

Deno.test("the difference names the file and shows no secret, nor what a terminal would obey", async () => {
  const secret = 'ghp_0123456789"abcdefghij';
  const text = JSON.stringify(
    { mcpServers: { a: { command: "x\u009b31m", env: { TOKEN: secret } } } },
    null,
    2,
  );
  const format = formatOf(desktop);
  const after = await format.set(text, "mcpServers", "mcpproxy", entryOf(desktop), "merge");
  const shown = difference("/f", text, after, await format.parse(text, "/f"));
  assert.match(shown, /^--- \/f\n\+\+\+ \/f\n@@ /);
  assert.match(shown, /^\+ {4}"mcpproxy": \{$/m);
  assert.doesNotMatch(shown, /0123456789|\u009b/);
  assert.equal(difference("/f", text, text, {}), "");
});
