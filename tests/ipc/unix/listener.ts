/** How the Unix socket comes into being, and what may lie at its path. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../lib/errors.ts";
import { listenUnix } from "../../../lib/ipc/listener_unix.ts";
import type { SystemSockets } from "../../../lib/ipc/sockets.ts";
import { startModule } from "../../support/child.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { until } from "../../support/until.ts";
import { listen, RawConnection, sockets, startServer } from "../helper.ts";

const ok = () => new Response("ok");

async function answersOk(path: string): Promise<void> {
  using connection = await RawConnection.open(path);
  assert.equal((await connection.request("/")).body, "ok");
}

/** The listener does not come up; what lies at the path is what lay there. */
function refused(path: string, system: SystemSockets = sockets): UserError {
  const before = lookAt(path);
  try {
    listenUnix(path, ok, system);
  } catch (error) {
    assert(error instanceof UserError, String(error));
    assert.equal(error.exitCode, 5);
    assert(error.next);
    assert.deepEqual(lookAt(path), before);
    return error;
  }
  return assert.fail(`listens on ${path}`);
}

function lookAt(path: string) {
  try {
    const { ino, mode, uid, gid, size, mtime } = Deno.lstatSync(path);
    return { ino, mode, uid, gid, size, mtime };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

Deno.test("create tray listener, Unix: an explicit endpoint is made, ours and 0600, and answers", async () => {
  await using test = listen();
  const info = Deno.lstatSync(test.path);
  assert(info.isSocket);
  assert.equal((info.mode ?? 0) & 0o7777, 0o600);
  assert.equal(info.uid, Deno.uid());
  assert.equal(test.listener.source, "socket");
  await answersOk(test.path);
});

Deno.test("the socket is 0600 from its first moment, though the umask is 0, which is as it was afterwards", async () => {
  using folder = temporaryFolder();
  await using watcher = startModule(
    new URL("../fixtures/watch_socket.ts", import.meta.url),
    [join(folder.path, "s"), "200"],
  );
  const seen = JSON.parse((await watcher.line("modes ")).slice("modes ".length));
  assert.deepEqual(Object.keys(seen), ["600"]);
  assert(seen["600"] >= 50, `seen only ${seen["600"]} times`);
  await watcher.line(/^umask 0$/);
});

Deno.test("stale socket cleanup: what a killed core has left is replaced", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  await using core = await startServer(path);
  core.kill("SIGKILL");
  await core.status;
  const stale = lookAt(path)?.ino;
  assert(stale);
  const listener = listenUnix(path, ok, sockets);
  await answersOk(path);
  await listener.stop(0);
  assert.equal(lookAt(path), null);
});

Deno.test("rapid restarts leave nothing behind", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  for (let times = 0; times < 50; times++) {
    const listener = listenUnix(path, ok, sockets);
    if (times % 5 === 0) await answersOk(path);
    await listener.stop(1000);
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("what is not a socket is refused by name and stays where it is", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  const live = join(folder.path, "live.sock");
  using _other = Deno.listen({ transport: "unix", path: live });
  const kinds: [name: RegExp, make: () => unknown][] = [
    [/is a file or folder/, () => Deno.writeTextFileSync(path, "kept")],
    [/is a file or folder/, () => Deno.mkdirSync(path)],
    [/is a file or folder/, () => new Deno.Command("mkfifo", { args: [path] }).outputSync()],
    [/is a symbolic link/, () => Deno.symlinkSync(live, path)],
    [/is a symbolic link/, () => Deno.symlinkSync(join(folder.path, "nowhere"), path)],
  ];
  for (const [name, make] of kinds) {
    make();
    const error = refused(path);
    assert.match(error.message, name);
    assert(error.message.startsWith(path), error.message);
    Deno.removeSync(path);
  }
  await Deno.connect({ transport: "unix", path: live }).then((connection) => connection.close());
});

Deno.test("a socket of another user is refused by name and stays where it is", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  using _theirs = Deno.listen({ transport: "unix", path });
  const { uid } = Deno.lstatSync(path);
  // Root can give it away; for anyone else it is we who are another user, in a folder that is root's.
  if (uid === 0) Deno.chownSync(path, 54321, null);
  const system = uid === 0
    ? sockets
    : { ...sockets, self: () => ({ uid: 54321, groups: new Set<number>() }) };
  const error = refused(path, system);
  assert.match(error.message, uid === 0 ? /is a socket of user 54321/ : /belongs to user/);
});

Deno.test("a folder in which others could replace the socket is refused; one that is sticky is not", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  Deno.chmodSync(folder.path, 0o777);
  assert.match(refused(path).message, /can be written by other users/);
  Deno.chmodSync(folder.path, 0o1777);
  const listener = listenUnix(path, ok, sockets);
  await listener.stop(0);
  assert.equal(lookAt(path), null);
});

Deno.test("a folder that is not there, or a path that is too long, is an error that says so", () => {
  using folder = temporaryFolder();
  assert.match(refused(join(folder.path, "nowhere", "s")).message, /nowhere/);
  const long = join(folder.path, "x".repeat(110));
  assert(refused(long).message.includes(long));
});

Deno.test("a socket that turns out not to be private is not served, nor left behind", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  let calls = 0;
  const system: SystemSockets = {
    ...sockets,
    // The guard and the look at the path come first; then the socket is compared with who we are.
    self: () => ++calls < 3 ? sockets.self() : { uid: 54321, groups: new Set() },
  };
  assert.throws(() => listenUnix(path, () => assert.fail("was served"), system), {
    name: "UserError",
    exitCode: 5,
    message: /cannot be made private/,
  });
  await until(() => lookAt(path) === null, "the socket is gone");
  await assert.rejects(RawConnection.open(path), Deno.errors.NotFound);
});
