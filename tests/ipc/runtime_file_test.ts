import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { acquireCoreLock } from "../../lib/ipc/core_lock.ts";
import {
  readRuntimeFile,
  removeRuntimeFile,
  type RuntimeFacts,
  writeRuntimeFile,
} from "../../lib/ipc/runtime_file.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const facts: RuntimeFacts = {
  pid: Deno.pid,
  version: "0.1.0",
  started_at: "2026-08-01T00:00:00.000Z",
  launched_by: "",
  listen_addr: "127.0.0.1:8080",
  endpoint: "unix:///tmp/x.sock",
  channel_error: null,
};

Deno.test("what a core says of itself is believed while it holds the lock, and no longer", async () => {
  using folder = temporaryFolder();
  assert.equal(readRuntimeFile(folder.path), null);
  writeRuntimeFile(folder.path, facts);
  assert.equal(readRuntimeFile(folder.path), null);
  const lock = await acquireCoreLock(folder.path);
  assert.deepEqual(readRuntimeFile(folder.path), facts);
  lock.release();
  assert.equal(readRuntimeFile(folder.path), null);
});

Deno.test("what a killed core has left is not taken for the words of the one that starts after it", async () => {
  using folder = temporaryFolder();
  // Were it believed, a client would send the API key to an address where somebody else may listen by now.
  const left = { ...facts, pid: Deno.pid + 1, endpoint: null, channel_error: "no room" };
  writeRuntimeFile(folder.path, left);
  const lock = await acquireCoreLock(folder.path);
  assert.equal(readRuntimeFile(folder.path), null);
  writeRuntimeFile(folder.path, facts);
  assert.deepEqual(readRuntimeFile(folder.path), facts);
  lock.release();
});

Deno.test("it is written in one step, readable by this user alone", () => {
  using folder = temporaryFolder();
  writeRuntimeFile(folder.path, facts);
  writeRuntimeFile(folder.path, { ...facts, endpoint: null });
  const { mode } = Deno.statSync(join(folder.path, "runtime.json"));
  assert.equal((mode ?? 0) & 0o777, 0o600);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["runtime.json"]);
});

Deno.test("it can be removed, also twice", () => {
  using folder = temporaryFolder();
  writeRuntimeFile(folder.path, facts);
  removeRuntimeFile(folder.path);
  removeRuntimeFile(folder.path);
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("garbage says nothing", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "runtime.json");
  const lock = await acquireCoreLock(folder.path);
  const read = (text: string) => {
    Deno.writeTextFileSync(path, text);
    return readRuntimeFile(folder.path);
  };
  const whole = JSON.stringify(facts);
  for (let length = 0; length < whole.length; length += 7) {
    assert.equal(read(whole.slice(0, length)), null);
  }
  for (const name of Object.keys(facts)) {
    assert.equal(read(JSON.stringify({ ...facts, [name]: undefined })), null, name);
    assert.equal(read(JSON.stringify({ ...facts, [name]: [] })), null, name);
  }
  assert.equal(read(JSON.stringify({ ...facts, pid: `${Deno.pid}` })), null);
  assert.equal(read(JSON.stringify({ ...facts, pid: Deno.pid + 0.5 })), null);
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => assert.equal(read(text), null)),
    { numRuns: 100 },
  );
  assert.deepEqual(read(whole), facts);
  Deno.removeSync(path);
  Deno.mkdirSync(path);
  assert.equal(readRuntimeFile(folder.path), null);
  lock.release();
});
