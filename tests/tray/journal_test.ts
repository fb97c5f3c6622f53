/** The journal on the disk. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Journal } from "../../lib/tray/journal.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

function entries(path: string): Record<string, unknown>[] {
  return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("what happens before there is a folder is kept and written then, for us alone", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "tray-lifecycle.jsonl");
  const journal = new Journal();
  journal.add({ event: "tray_started", version: "0.1.0" });
  journal.writeTo(folder.path);
  journal.add({ event: "core_exited", pid: 7, code: 137, problem: null });
  const [first, second] = entries(path);
  assert.equal(first!.event, "tray_started");
  assert.equal(first!.tray, Deno.pid);
  assert(Math.abs(Date.parse(String(first!.time)) - Date.now()) < 60_000);
  assert.equal(second!.code, 137);
  assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  journal.writeTo(null);
  journal.add({ event: "tray_ended", by: "click" });
  assert.equal(entries(path).length, 2);
});

Deno.test("it stays small: the former half is kept aside, what was before that is gone", () => {
  using folder = temporaryFolder();
  const journal = new Journal();
  journal.writeTo(folder.path);
  for (let count = 0; count < 1_000; count++) {
    journal.add({ event: "core_exited", pid: count, code: 1, problem: "x".repeat(1_000) });
  }
  const sizes = [...Deno.readDirSync(folder.path)]
    .map(({ name }) => Deno.statSync(join(folder.path, name)).size);
  assert.equal(sizes.length, 2);
  assert(sizes.every((size) => size <= 256 * 1024));
  const last = entries(join(folder.path, "tray-lifecycle.jsonl")).at(-1);
  assert.equal(last!.pid, 999);
});

Deno.test("a folder that cannot be written ends nothing", () => {
  const journal = new Journal();
  journal.writeTo("/nowhere/at/all");
  journal.add({ event: "tray_started", version: "0.1.0" });
});
