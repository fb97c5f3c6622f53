/** Why the channel cannot be used, and what is sent then: nothing. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { ChannelError, type ChannelFault } from "../../../lib/ipc/channel.ts";
import { openUnixChannel } from "../../../lib/ipc/channel_unix.ts";
import { acquireCoreLock, isCoreRunning } from "../../../lib/ipc/core_lock.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { listen, startServer } from "../helper.ts";

const user = Deno.uid()!;

/** The channel fails for this reason, for GET and POST alike. */
async function fails(path: string, fault: ChannelFault, as = user): Promise<ChannelError> {
  const channel = openUnixChannel(path, "test/1", as);
  const errors = [];
  for (const method of ["GET", "POST"]) {
    try {
      const response = await channel.fetch("/", { method });
      assert.fail(`${method} was answered ${response.status}`);
    } catch (error) {
      assert(error instanceof ChannelError, String(error));
      assert.equal(error.fault, fault, error.message);
      assert(fault === "untrusted" || error.message.includes(path), error.message);
      assert(error.next);
      errors.push(error);
    }
  }
  channel.close();
  return errors[0]!;
}

/** What lies at the path is not trusted, and not so much as connected to. */
async function untrusted(
  listener: Deno.Listener,
  path: string,
  why: RegExp,
  as = user,
  connectTo = path,
): Promise<void> {
  const error = await fails(path, "untrusted", as);
  assert.match(error.message, why);
  assert.match(error.message, /; nothing was sent$/);
  // Connections are accepted in the order in which they came: the first one is ours.
  using own = await Deno.connect({ transport: "unix", path: connectTo });
  using first = await listener.accept();
  await own.write(new TextEncoder().encode("first"));
  const buffer = new Uint8Array(64);
  const length = await first.read(buffer);
  assert.equal(new TextDecoder().decode(buffer.subarray(0, length ?? 0)), "first");
}

Deno.test("is socket available, socket missing: absent", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  const error = await fails(path, "absent");
  assert.match(error.next ?? "", /mcpproxy serve/);
  await fails(join(folder.path, "nowhere", "mcpproxy.sock"), "absent");
});

Deno.test("is socket available, socket exists: one that a killed core has left refuses", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  await using core = await startServer(path);
  core.kill("SIGKILL");
  await core.status;
  await fails(path, "refused");
  assert(Deno.lstatSync(path).isSocket, "a client removes nothing");
});

Deno.test("go fault 9: any other file at the path is no core, and never taken for one", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  const kinds = {
    file: () => Deno.writeTextFileSync(path, ""),
    folder: () => Deno.mkdirSync(path),
    FIFO: () => new Deno.Command("mkfifo", { args: [path] }).outputSync(),
    link: () => Deno.symlinkSync("nowhere", path),
  };
  for (const make of Object.values(kinds)) {
    make();
    const error = await fails(path, "untrusted");
    assert.match(error.message, /is not a socket; nothing was sent$/);
    Deno.removeSync(path);
  }
});

Deno.test("go fault 18: that nobody answers does not say that no core runs; the lock does", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  await using core = await startServer(path);
  core.kill("SIGKILL");
  await core.status;
  const starting = await acquireCoreLock(folder.path);
  await fails(path, "refused");
  assert.equal(isCoreRunning(folder.path), true);
  starting.release();
  await fails(path, "refused");
  assert.equal(isCoreRunning(folder.path), false);
});

Deno.test("go fault 18: a core that has no room for another connection is busy, not dead", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  using listener = Deno.listen({ transport: "unix", path });
  using waiting = new DisposableStack();
  for (let full = false; !full;) {
    const connecting = Deno.connect({ transport: "unix", path });
    full = await connecting.then((connection) => !waiting.use(connection), () => true);
  }
  const channel = openUnixChannel(path, "test/1");
  // It is tried again until there is room.
  const fetching = channel.fetch("/");
  waiting.dispose();
  for (let answered = false; !answered;) {
    using connection = await listener.accept();
    const buffer = new Uint8Array(1024);
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) continue;
    const answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nroom";
    await connection.write(new TextEncoder().encode(answer));
    answered = true;
  }
  assert.equal(await (await fetching).text(), "room");
  channel.close();
});

Deno.test("a connection that breaks before the answer is lost", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(1024));
      connection.close();
    }
  })();
  await fails(path, "lost");
  listener.close();
  await serving;
});

Deno.test("a socket of another user is not trusted, and gets nothing", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  using listener = Deno.listen({ transport: "unix", path });
  if (user === 0) {
    Deno.chownSync(path, 54321, null);
    await untrusted(listener, path, /belongs to user 54321, not to you/);
  } else {
    await untrusted(listener, path, new RegExp(`belongs to user ${user}, not to you`), 54321);
  }
});

Deno.test("a socket in a folder where others could replace it is not trusted, and gets nothing", async () => {
  using folder = temporaryFolder();
  const above = join(folder.path, "above");
  const below = join(above, "below");
  Deno.mkdirSync(below, { recursive: true });
  const path = join(below, "mcpproxy.sock");
  using listener = Deno.listen({ transport: "unix", path });
  for (const loose of [below, above]) {
    Deno.chmodSync(loose, 0o777);
    await untrusted(listener, path, new RegExp(`${loose} can be written by other users`));
    Deno.chmodSync(loose, 0o700);
  }
});

Deno.test("a link to a socket is not a socket, and gets nothing", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  const real = join(folder.path, "real.sock");
  using listener = Deno.listen({ transport: "unix", path: real });
  Deno.symlinkSync(real, path);
  await untrusted(listener, path, /is not a socket/, user, real);
});

Deno.test("in a sticky folder a socket of ours is trusted; who takes its place when it is gone gets nothing", async () => {
  await using core = listen();
  Deno.chmodSync(dirname(core.path), 0o1777);
  const channel = openUnixChannel(core.path, "test/1");
  assert.equal(await (await channel.fetch("/")).text(), "ok");
  await core.listener.stop(0);
  // At once, within any time for which an earlier look might be remembered.
  using squatter = Deno.listen({ transport: "unix", path: core.path });
  if (user === 0) {
    Deno.chownSync(core.path, 54321, null);
    await assert.rejects(channel.fetch("/"), { fault: "untrusted" });
    await untrusted(squatter, core.path, /belongs to user 54321/);
  }
  channel.close();
});

Deno.test("who may not connect is told so", async () => {
  if (user === 0) return; // nothing is denied to root; with the second user it is tried
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  using _listener = Deno.listen({ transport: "unix", path });
  Deno.chmodSync(path, 0);
  await fails(path, "denied");
  const shut = join(folder.path, "shut");
  Deno.mkdirSync(shut, { mode: 0o000 });
  await fails(join(shut, "mcpproxy.sock"), "denied");
  Deno.chmodSync(shut, 0o700);
});
