import assert from "node:assert/strict";
import { join } from "node:path";
import { ConfigError } from "../../lib/config/error.ts";
import { unixFiles } from "../../lib/config/files_unix.ts";
import { readConfigFile } from "../../lib/config/read.ts";
import { folder } from "./folder.ts";

async function refusal(path: string): Promise<ConfigError> {
  const error = await readConfigFile(path).then(() => undefined, (thrown) => thrown);
  assert.ok(error instanceof ConfigError, String(error));
  assert.match(error.message, new RegExp(path.replaceAll("/", "\\/")));
  return error;
}

Deno.test("a missing file, and one in a missing folder, is no error", async () => {
  await using home = await folder();
  assert.equal(await readConfigFile(home.config), undefined);
  assert.equal(await readConfigFile(join(home.path, "no", "such", "file")), undefined);
});

Deno.test("a byte order mark is set aside", async () => {
  await using home = await folder();
  await home.write("\uFEFF{}");
  assert.deepEqual(await readConfigFile(home.config), {
    text: "{}",
    hasByteOrderMark: true,
    mode: 0o600,
    warnings: [],
  });
});

Deno.test("what is no regular file is refused, and a FIFO does not hang us", async () => {
  await using home = await folder();
  await Deno.mkdir(home.config);
  assert.match((await refusal(home.config)).message, /is a directory/);
  await Deno.remove(home.config);
  assert.ok((await new Deno.Command("mkfifo", { args: [home.config] }).output()).success);
  assert.match((await refusal(home.config)).message, /not a regular file/);
  assert.equal((await refusal(home.config)).exitCode, 4);
  assert.match((await refusal("/dev/zero")).message, /not a regular file/);
  assert.equal((await refusal(join(home.config, "below"))).exitCode, 4);
});

Deno.test("fifty megabytes are refused unread", async () => {
  await using home = await folder();
  await home.write("");
  await Deno.truncate(home.config, 50 * 1024 * 1024);
  const before = performance.now();
  assert.match((await refusal(home.config)).message, /larger than 8 MiB/);
  assert.ok(performance.now() - before < 1_000);
});

Deno.test("what is not UTF-8 is refused", async () => {
  await using home = await folder();
  await home.write(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]));
  assert.match((await refusal(home.config)).message, /not UTF-8/);
});

Deno.test("modes: writable by others or unreadable is exit 5, readable by others a warning", async () => {
  await using home = await folder();
  for (const mode of [0o620, 0o602, 0o666]) {
    await home.write("{}", mode);
    const { exitCode, message, next } = await refusal(home.config);
    assert.equal(exitCode, 5);
    assert.match(message, /can be changed by other users/);
    assert.equal(next, `Look through it, then run: chmod 600 ${home.config}`);
  }
  await home.write("{}", 0o044);
  const unreadable = await refusal(home.config);
  assert.equal(unreadable.exitCode, 5);
  assert.equal(unreadable.next, `Run: chmod 600 ${home.config}`);
  for (const mode of [0o640, 0o604, 0o644]) {
    await home.write("{}", mode);
    assert.match((await readConfigFile(home.config))!.warnings[0]!, /can be read by other users/);
  }
  for (const mode of [0o600, 0o400, 0o700]) {
    await home.write("{}", mode);
    assert.deepEqual((await readConfigFile(home.config))!.warnings, []);
  }
});

Deno.test("a file of another user, or a link of one, is exit 5", async () => {
  await using home = await folder();
  await home.write("{}");
  const info = await Deno.lstat(home.config);
  for (const kind of ["isFile", "isSymlink"] as const) {
    const foreign = { ...info, isFile: false, [kind]: true, uid: Deno.uid()! + 1 };
    assert.throws(() => unixFiles.vet("/c.json", foreign), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.exitCode, 5);
      assert.match(error.message, /belongs to another user \(uid \d+\)/);
      return true;
    });
  }
  // Only root can give files away; for everybody else a file of root's has to do.
  if (Deno.uid() === 0) await Deno.chown(home.config, 65534, 65534);
  const link = join(home.path, "link.json");
  await Deno.symlink(Deno.uid() === 0 ? home.config : "/etc/hostname", link);
  const error = await readConfigFile(link).then(() => undefined, (thrown) => thrown);
  assert.ok(error instanceof ConfigError);
  assert.equal(error.exitCode, 5);
});

Deno.test("links of our own are followed; one that leads nowhere or in a circle is refused", async () => {
  await using home = await folder();
  await home.write("{}");
  const link = join(home.path, "link.json");
  await Deno.symlink("mcp_config.json", link);
  assert.equal((await readConfigFile(link))?.text, "{}");
  await Deno.remove(home.config);
  assert.match((await refusal(link)).message, /link to a file that does not exist/);
  await Deno.symlink("link.json", home.config);
  assert.equal((await refusal(link)).exitCode, 4);
});

Deno.test("a path with quotes is quoted in the command that mends it", () => {
  const info = { uid: Deno.uid(), mode: 0o100666, isSymlink: false } as Deno.FileInfo;
  assert.throws(() => unixFiles.vet("/it's here", info), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.next!, /chmod 600 '\/it'\\''s here'$/);
    return true;
  });
});
