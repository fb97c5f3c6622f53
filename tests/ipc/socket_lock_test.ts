import assert from "node:assert/strict";
import { join } from "node:path";
import { acquireCoreLock } from "../../lib/ipc/core_lock.ts";
import { claimSocketPath } from "../../lib/ipc/socket_lock.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Two data directories, and a folder for sockets. */
function folders() {
  const folder = temporaryFolder();
  const make = (name: string) => {
    const path = join(folder.path, name);
    Deno.mkdirSync(path, { mode: 0o700 });
    return path;
  };
  const [one, other, shared] = ["one", "other", "shared"].map(make) as [string, string, string];
  return { one, other, shared, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const taken = { name: "EndpointError", exitCode: 4, message: /another mcpproxy core already/ };

const names = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("the socket of the data directory itself needs no lock but the core's", () => {
  using place = folders();
  claimSocketPath(join(place.one, "mcpproxy.sock"), place.one).release();
  assert.deepEqual(names(place.one), []);
});

Deno.test("a socket elsewhere belongs to one core until that gives it back", () => {
  using place = folders();
  const path = join(place.shared, "custom.sock");
  const claim = claimSocketPath(path, place.one);
  assert.throws(() => claimSocketPath(path, place.other), taken);
  claimSocketPath(join(place.shared, "another.sock"), place.other).release();
  claim.release();
  claimSocketPath(path, place.other).release();
});

Deno.test("another way to write the path is no way around the lock", () => {
  using place = folders();
  const link = `${place.shared}-link`;
  Deno.symlinkSync(place.shared, link);
  const claim = claimSocketPath(join(place.shared, "custom.sock"), place.one);
  assert.throws(() => claimSocketPath(join(link, "custom.sock"), place.other), taken);
  claim.release();
});

Deno.test("the socket of another data directory is not to be had while a core runs there", async () => {
  using place = folders();
  const path = join(place.other, "mcpproxy.sock");
  const core = await acquireCoreLock(place.other);
  assert.throws(() => claimSocketPath(path, place.one), taken);
  core.release();
  claimSocketPath(path, place.one).release();
});

Deno.test("our own data directory, written through a link, is not taken for that of another core", async () => {
  using place = folders();
  const link = `${place.one}-link`;
  Deno.symlinkSync(place.one, link);
  const core = await acquireCoreLock(place.one);
  claimSocketPath(join(link, "mcpproxy.sock"), place.one).release();
  claimSocketPath(join(link, "custom.sock"), place.one).release();
  core.release();
});

Deno.test("what lies at the lock's place is neither used nor changed if it is not a file of ours", () => {
  using place = folders();
  const path = join(place.shared, "custom.sock");
  const lock = `${path}.lock`;
  const elsewhere = join(place.shared, "elsewhere");
  Deno.writeTextFileSync(elsewhere, "kept");
  const kinds = [
    () => Deno.symlinkSync(elsewhere, lock),
    () => Deno.mkdirSync(lock),
    () => new Deno.Command("mkfifo", { args: [lock] }).outputSync(),
    () => {
      Deno.writeTextFileSync(lock, "");
      if (Deno.uid() === 0) Deno.chownSync(lock, 54321, null);
      else Deno.chmodSync(lock, 0);
    },
  ];
  for (const make of kinds) {
    make();
    const { ino } = Deno.lstatSync(lock);
    assert.throws(() => claimSocketPath(path, place.one), {
      name: "EndpointError",
      exitCode: 4,
      message: /custom\.sock\.lock cannot be locked/,
    });
    assert.equal(Deno.lstatSync(lock).ino, ino);
    Deno.removeSync(lock);
  }
  assert.equal(Deno.readTextFileSync(elsewhere), "kept");
});
