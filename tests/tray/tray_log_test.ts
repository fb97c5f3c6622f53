/** The tray's log on the disk: it stays small, and holds no secret. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/temporary_folder.ts";

const writer = fileURLToPath(new URL("fixtures/log_writer.ts", import.meta.url));
const megabyte = 1024 * 1024;
const secret = "k3y-that-nobody-may-see";

/** Has a process of its own write lines. */
async function write(folder: string, count: number, length: number): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", writer, folder, `${count}`, `${length}`, secret],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  assert.equal(code, 0);
}

Deno.test("tray.log is rotated: two former ones are kept, none is large, and the latest lines are in it", async () => {
  using folder = temporaryFolder();
  const length = 100_000;
  const count = 200; // four times what one file holds
  await write(folder.path, count, length);
  const files = [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
  assert.deepEqual(files, ["tray.log", "tray.log.1", "tray.log.2"]);
  for (const file of files) {
    const path = join(folder.path, file);
    assert(Deno.statSync(path).size <= 5 * megabyte, file);
    assert(!Deno.readTextFileSync(path).includes(secret), file);
  }
  const lines = Deno.readTextFileSync(join(folder.path, "tray.log")).trimEnd().split("\n");
  assert.match(lines.at(-1)!, new RegExp(`tray: ${count} \\[redacted\\] x`));
});

Deno.test("a tray that starts again adds to tray.log", async () => {
  using folder = temporaryFolder();
  await write(folder.path, 1, 1);
  await write(folder.path, 2, 1);
  const log = Deno.readTextFileSync(join(folder.path, "tray.log"));
  assert.deepEqual(log.match(/tray: \d/g), ["tray: 1", "tray: 1", "tray: 2"]);
});
