import assert from "node:assert/strict";
import { join } from "node:path";
import { ConfigError } from "../../lib/config/error.ts";
import { appendValue, setValue } from "../../lib/config/json_edit.ts";
import { replaceFile } from "../../lib/config/edit_file.ts";
import { editConfig } from "../../lib/config/save.ts";
import { parseConfig } from "../../lib/config/text.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { folder, until } from "./folder.ts";

const setLimit = (limit: unknown) => (text?: string) => setValue(text!, ["tools_limit"], limit);

function savingProcess(path: string, prefix: string, count: number): Deno.ChildProcess {
  const script = new URL("saving_process.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, path, prefix, String(count)],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

const namesIn = async (text: string) =>
  (await parseConfig(text, "c.json")).config.mcpServers.map(({ name }) => name);

Deno.test("a save is 0600, keeps the byte order mark and leaves nothing lying about", async () => {
  await using home = await folder();
  await home.write('\uFEFF{\r\n\t"tools_limit": 1.0e1,\r\n\t"x": 1.50\r\n}\r\n', 0o644);
  const { config } = await editConfig(home.config, setLimit(7));
  assert.equal(config.tools_limit, 7);
  const bytes = await Deno.readFile(home.config);
  const expected = '\uFEFF{\r\n\t"tools_limit": 7,\r\n\t"x": 1.50\r\n}\r\n';
  assert.deepEqual(bytes, new TextEncoder().encode(expected));
  assert.equal((await Deno.stat(home.config)).mode! & 0o777, 0o600);
  assert.deepEqual(home.list(), ["mcp_config.json"]);
});

Deno.test("an edit that changes nothing does not touch the file", async () => {
  await using home = await folder();
  await home.write('{"tools_limit": 10.0}');
  const { ino } = await Deno.stat(home.config);
  await editConfig(home.config, setLimit(10));
  assert.equal((await Deno.stat(home.config)).ino, ino);
});

Deno.test("a bad edit names its field and never reaches the disk", async () => {
  await using home = await folder();
  await home.write("{}");
  await assert.rejects(editConfig(home.config, setLimit("s3cret")), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^tools_limit: expected number/);
    assert.doesNotMatch(error.message, /s3cret/);
    return true;
  });
  await assert.rejects(editConfig(home.config, () => "garbage"), ConfigError);
  await assert.rejects(editConfig(home.config, () => `{"x": "${"y".repeat(9e6)}"}`), /8 MiB/);
  await assert.rejects(
    editConfig(home.config, () => {
      throw new Error("thrown by the edit");
    }),
    /thrown by the edit/,
  );
  assert.equal(await home.read(), "{}");
  assert.deepEqual(home.list(), ["mcp_config.json"]);
});

Deno.test("edits wait for each other, and one that fails holds up none", async () => {
  await using home = await folder();
  await home.write('{"mcpServers": []}');
  const edits = Array.from({ length: 20 }, (_, index) =>
    editConfig(
      home.config,
      (text) => appendValue(text!, ["mcpServers"], { name: `s${index}`, command: "true" }),
    ));
  const failing = assert.rejects(editConfig(home.config, setLimit(true)), ConfigError);
  await Promise.all([...edits, failing]);
  const expected = Array.from({ length: 20 }, (_, index) => `s${index}`);
  assert.deepEqual(await namesIn(await home.read()), expected);
});

Deno.test("a change made by hand in the midst of an edit is kept", async () => {
  await using home = await folder();
  await home.write('{"tools_limit": 1}');
  let calls = 0;
  await editConfig(home.config, async (text) => {
    if (calls++ === 0) await Deno.writeTextFile(home.config, '{"tools_limit": 1, "by_hand": true}');
    return await setValue(text!, ["tools_limit"], 2);
  });
  assert.equal(await home.read(), '{"tools_limit": 2, "by_hand": true}');
  await assert.rejects(
    editConfig(home.config, async (text) => {
      await Deno.writeTextFile(home.config, `{"by_hand": ${calls++}}`);
      return await setValue(text!, ["tools_limit"], 3);
    }),
    /keeps being changed by another program/,
  );
  assert.deepEqual(home.list(), ["mcp_config.json"]);
});

Deno.test("a link of our own stays, and its target is replaced", async () => {
  await using home = await folder();
  const target = join(home.path, "elsewhere");
  await Deno.mkdir(target);
  await Deno.writeTextFile(join(target, "real.json"), "{}", { mode: 0o600 });
  await Deno.symlink("elsewhere/real.json", home.config);
  await editConfig(home.config, setLimit(3));
  assert.ok((await Deno.lstat(home.config)).isSymlink);
  assert.equal(JSON.parse(await Deno.readTextFile(join(target, "real.json"))).tools_limit, 3);
  assert.deepEqual([...Deno.readDirSync(target)].map(({ name }) => name), ["real.json"]);
});

Deno.test("what an earlier save left behind is removed once it is old, and nothing else", async () => {
  await using home = await folder();
  await home.write("{}");
  const names = [
    ".mcp_config.json.0123456789abcdef.tmp",
    ".mcp_config.json.fedcba9876543210.tmp",
    ".mcp_config.json.notours.tmp",
    "mcp_config.json.tmp.0123456789abcdef",
  ];
  for (const name of names) await Deno.writeTextFile(join(home.path, name), "half a con");
  const old = new Date(Date.now() - 120_000);
  for (const name of names.slice(1)) await Deno.utime(join(home.path, name), old, old);
  await editConfig(home.config, setLimit(3));
  assert.deepEqual(home.list(), [names[0], names[2], "mcp_config.json", names[3]].sort());
});

Deno.test("a link that is put in the place of a half-written file leads to no change of what it points to", async () => {
  using temporary = temporaryFolder();
  const victim = join(temporary.path, "victim");
  Deno.writeTextFileSync(victim, "secret", { mode: 0o600 });
  // Long enough that its writing can be watched.
  const written = replaceFile(join(temporary.path, "target"), "x".repeat(64 * 1024 * 1024), 0o644)
    .then(() => "written", () => "refused");
  await until(() => {
    const half = [...Deno.readDirSync(temporary.path)].find(({ name }) => name.endsWith(".tmp"));
    if (half === undefined) return false;
    const path = join(temporary.path, half.name);
    Deno.removeSync(path);
    Deno.symlinkSync(victim, path);
    return true;
  }, "it is being written");
  assert.equal(await written, "refused");
  assert.equal(Deno.statSync(victim).mode! & 0o777, 0o600);
  assert.equal(Deno.readTextFileSync(victim), "secret");
});

Deno.test("what the system refuses is told by its own error, of which the exit code is made", async () => {
  using temporary = temporaryFolder();
  const missing = join(temporary.path, "missing", "file");
  await assert.rejects(replaceFile(missing, "", 0o600), Deno.errors.NotFound);
});

Deno.test("a folder that cannot be written to is explained", async () => {
  await using home = await folder();
  await assert.rejects(
    editConfig(join(home.path, "no", "c.json"), () => "{}"),
    (error) => error instanceof ConfigError && /could not lock .*\/no/.test(error.message),
  );
});

Deno.test("killed in the midst of a save, over and over: the file is always one of the versions", async () => {
  await using home = await folder();
  await home.write('{\n  "mcpServers": []\n}\n');
  let known = 0;
  for (let round = 0; round < 5; round++) {
    const child = savingProcess(home.config, `r${round}_`, 1_000_000);
    const before = known;
    await until(async () => (await namesIn(await home.read())).length > before + 2, "saves");
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    child.kill("SIGKILL");
    await child.status;
    const names = await namesIn(await home.read());
    const ofThisRound = names.filter((name) => name.startsWith(`r${round}_`));
    assert.deepEqual(ofThisRound, ofThisRound.map((_, index) => `r${round}_${index}`));
    assert.equal(names.length, before + ofThisRound.length);
    known = names.length;
  }
  // What the dead have left is in nobody's way, their locks included.
  await editConfig(home.config, setLimit(3));
});

Deno.test("two processes that save at once lose nothing", async () => {
  await using home = await folder();
  await home.write('{"mcpServers": []}');
  const children = ["a", "b"].map((prefix) => savingProcess(home.config, prefix, 40));
  for (const child of children) assert.ok((await child.status).success);
  const names = await namesIn(await home.read());
  assert.equal(names.length, 80);
  assert.equal(new Set(names).size, 80);
});
