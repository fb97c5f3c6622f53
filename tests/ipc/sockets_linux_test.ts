import assert from "node:assert/strict";
import { join } from "node:path";
import type { ConnectedSocket } from "../../lib/ipc/sockets.ts";
import { linuxSockets } from "../../lib/ipc/sockets_linux.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { Child } from "../support/child.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { until } from "../support/until.ts";

const isLinux = operatingSystem === "linux";
// Opened outside of the tests: a library that is open at the end of a test counts as a leak.
const sockets = isLinux ? linuxSockets() : null!;
const libc = isLinux
  ? Deno.dlopen("libc.so.6", {
    socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  }).symbols
  : null!;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;

const linuxTest = (name: string, fn: () => void | Promise<void>): void =>
  Deno.test({ name, ignore: !isLinux, fn });

const at = (path: string): ConnectedSocket[] =>
  sockets.connected().filter((socket) => socket.family === "unix" && socket.path === path);

const on = (port: number): string[] =>
  sockets.connected().flatMap((socket) =>
    socket.family === "inet" && socket.localPort === port ? [socket.remoteAddress] : []
  );

/** A pair of connected sockets. */
async function connect<Listener extends Deno.Listener>(
  listener: Listener,
  client: Promise<Deno.Conn>,
): Promise<{ client: Deno.Conn; accepted: Deno.Conn } & Disposable> {
  const [one, other] = await Promise.all([client, listener.accept()]);
  const close = () => {
    one.close();
    other.close();
  };
  return { client: one, accepted: other, [Symbol.dispose]: close };
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrNotAvailable) return false;
    throw error;
  }
}

linuxTest(
  "TCP over IPv4: the accepted end is told with its port and peer, as Deno writes them",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    assert.deepEqual(on(port), []);
    using pair = await connect(listener, Deno.connect({ hostname: "127.0.0.1", port }));
    const { hostname, port: peer } = pair.accepted.remoteAddr as Deno.NetAddr;
    assert.deepEqual(on(port), [`${hostname}:${peer}`]);
    // The client's end is one too: our own port is where it goes to.
    assert.deepEqual(on(peer), [`127.0.0.1:${port}`]);
  },
);

linuxTest("TCP over IPv6, and IPv4 that came in by an IPv6 listener", async () => {
  if (!hasIpv6()) return; // a container may have none
  using listener = Deno.listen({ hostname: "::", port: 0 });
  const { port } = listener.addr;
  using six = await connect(listener, Deno.connect({ hostname: "::1", port }));
  using four = await connect(listener, Deno.connect({ hostname: "127.0.0.1", port }));
  const written = [six, four].map(({ accepted }) => {
    const { hostname, port } = accepted.remoteAddr as Deno.NetAddr;
    return `[${hostname}]:${port}`;
  });
  assert.deepEqual(on(port).sort(), written.sort());
});

linuxTest("a connection whose peer is gone is not told of", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  using accepted = await listener.accept();
  await client.write(new Uint8Array(1));
  client.close();
  await accepted.read(new Uint8Array(8));
  // The kernel keeps the peer's name until both sides have said that they are done.
  await accepted.closeWrite();
  await until(() => on(port).length === 0, "the connection is gone");
});

linuxTest(
  "Unix: what was accepted is told by the path of its listener; listener and clients are not",
  async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "Zoë 漢.sock");
    using listener = Deno.listen({ transport: "unix", path });
    assert.deepEqual(at(path), []);
    using one = await connect(listener, Deno.connect({ transport: "unix", path }));
    using other = await connect(listener, Deno.connect({ transport: "unix", path }));
    assert.equal(at(path).length, 2);
    assert.deepEqual(at(join(folder.path, "Zoë 漢.soc")), []);
    one.client.close();
    assert.equal(at(path).length, 2, "the accepted end lives on");
    other.accepted.close();
    assert.equal(at(path).length, 1);
    one.client.close = other.accepted.close = () => {}; // closed already
  },
);

linuxTest("a path of 107 bytes, the longest, is told in full", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "x".repeat(107 - folder.path.length - 1));
  assert.equal(path.length, 107);
  using listener = Deno.listen({ transport: "unix", path });
  using _pair = await connect(listener, Deno.connect({ transport: "unix", path }));
  assert.equal(at(path).length, 1);
});

linuxTest(
  "socket pairs, unnamed, datagram and abstract sockets are not connections of a listener",
  () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "datagram.sock");
    const pair = new Int32Array(2);
    assert.equal(libc.socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const datagram = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
    const unnamed = libc.socket(AF_UNIX, SOCK_STREAM, 0);
    const abstract = libc.socket(AF_UNIX, SOCK_STREAM, 0);
    const bind = (descriptor: number, name: string) => {
      const address = new Uint8Array([AF_UNIX, 0, ...new TextEncoder().encode(name)]);
      assert.equal(libc.bind(descriptor, address, address.length), 0);
    };
    try {
      bind(datagram, path);
      bind(abstract, `\0${path}`);
      const descriptors = [...pair, datagram, unnamed, abstract];
      const told = sockets.connected().map(({ descriptor }) => descriptor);
      assert.deepEqual(descriptors.filter((descriptor) => told.includes(descriptor)), []);
    } finally {
      for (const descriptor of [...pair, datagram, unnamed, abstract]) libc.close(descriptor);
    }
  },
);

linuxTest(
  "credentials are those of the process at the other end, and stay so when it is gone",
  async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "s");
    using listener = Deno.listen({ transport: "unix", path });
    const { uid } = sockets.self();
    const gid = Deno.gid();

    using own = await connect(listener, Deno.connect({ transport: "unix", path }));
    const [first] = at(path);
    assert.deepEqual(sockets.credentials(first!.descriptor), { uid, gid, pid: Deno.pid });
    own.client.close();
    own.client.close = () => {};

    await using child = new Child(Deno.execPath(), {
      args: [
        "eval",
        `await Deno.connect({ transport: "unix", path: ${JSON.stringify(path)} });
       console.log("connected"); await new Promise((resolve) => setTimeout(resolve, 600_000));`,
      ],
    });
    using _accepted = await listener.accept();
    await child.line("connected");
    const second = at(path).find(({ descriptor }) => descriptor !== first!.descriptor)!;
    const expected = { uid, gid, pid: child.pid };
    assert.deepEqual(sockets.credentials(second.descriptor), expected);
    assert.equal(sockets.executable(child.pid), Deno.realPathSync(Deno.execPath()));
    child.kill("SIGKILL");
    await child.status;
    assert.deepEqual(sockets.credentials(second.descriptor), expected);
    assert.equal(sockets.executable(child.pid), null);
  },
);

linuxTest("of what has no peer there are no credentials", () => {
  const unnamed = libc.socket(AF_UNIX, SOCK_STREAM, 0);
  try {
    assert.equal(sockets.credentials(unnamed), null);
    assert.equal(sockets.credentials(0x7fffffff), null);
    assert.equal(sockets.credentials(-1), null);
    assert.equal(sockets.executable(0x3fffffff), null);
  } finally {
    libc.close(unnamed);
  }
});

linuxTest("an identity stays with its connection and is not used again", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "s");
  using listener = Deno.listen({ transport: "unix", path });
  const seen = new Set<string>();
  for (let count = 1; count <= 20; count++) {
    using _pair = await connect(listener, Deno.connect({ transport: "unix", path }));
    const [socket] = at(path);
    const identity = sockets.identity(socket!.descriptor);
    assert.equal(sockets.identity(socket!.descriptor), identity);
    seen.add(identity);
    assert.equal(seen.size, count);
  }
});

linuxTest("a shutdown ends the connection in both directions at once", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "s");
  using listener = Deno.listen({ transport: "unix", path });
  using pair = await connect(listener, Deno.connect({ transport: "unix", path }));
  const [socket] = at(path);
  assert.equal(sockets.shutdown(socket!.descriptor), true);
  await assert.rejects(pair.accepted.write(new Uint8Array(1)), Deno.errors.BrokenPipe);
  assert.equal(await pair.client.read(new Uint8Array(8)), null);
  await assert.rejects(pair.client.write(new Uint8Array(1)), Deno.errors.BrokenPipe);
  assert.equal(at(path).length, 1, "it is still a descriptor of ours, and still seen");
});

linuxTest("we are who we are", async () => {
  const { uid, groups } = sockets.self();
  const id = async (...args: string[]) => {
    const { stdout } = await new Deno.Command("id", { args }).output();
    return new TextDecoder().decode(stdout).trim().split(" ").map(Number);
  };
  assert.equal(uid, (await id("-u"))[0]);
  assert.deepEqual([...groups].sort(), (await id("-G")).sort());
});
