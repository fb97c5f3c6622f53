/** macOS is not at hand where these run: its answers are those of fixtures/fake_darwin.ts, read by the real code. */
import assert from "node:assert/strict";
import { createPeerGuard, type RejectedPeer } from "../../lib/ipc/peer_guard.ts";
import type { SystemSockets } from "../../lib/ipc/sockets.ts";
import { darwinSockets } from "../../lib/ipc/sockets_darwin.ts";
import { fakeDarwin, type FakeDescriptor } from "./fixtures/fake_darwin.ts";

const path = "/Users/me/.mcpproxy/mcpproxy.sock";

function socketsOf(descriptors: Record<number, FakeDescriptor>, groups?: number[]): SystemSockets {
  const table = new Map(Object.entries(descriptors).map(([fd, what]) => [Number(fd), what]));
  const { posix, darwin } = fakeDarwin(table, groups);
  return darwinSockets(posix, darwin);
}

Deno.test("connections are found among listeners, files, pairs and datagram sockets", () => {
  const sockets = socketsOf({
    0: { type: 1, name: { path } },
    3: { name: { path }, listening: true },
    4: { name: { path } },
    5: { name: { path: "" } },
    6: { name: { path }, socketType: 2 },
    7: { name: { path: "/tmp/other" }, peer: null },
    8: { type: 6, name: { path } },
  });
  assert.deepEqual(sockets.connected(), [
    { family: "unix", descriptor: 4, path },
    { family: "unix", descriptor: 7, path: "/tmp/other" },
  ]);
});

Deno.test("a path that fills sun_path to its last byte, which no NUL follows, is read in full", () => {
  const longest = `/${"x".repeat(102)}`;
  const sockets = socketsOf({ 4: { name: { path: longest } }, 5: { name: { path: "/é漢" } } });
  assert.deepEqual(sockets.connected().map((socket) => socket.family === "unix" && socket.path), [
    longest,
    "/é漢",
  ]);
});

Deno.test("what the last answer left in the buffer does not lengthen the next", () => {
  const sockets = socketsOf({ 4: { name: { path: `${path}.long` } }, 5: { name: { path } } });
  assert.deepEqual(sockets.connected()[1], { family: "unix", descriptor: 5, path });
});

Deno.test("a socket of which the system tells neither kind nor state is not left out", () => {
  const sockets = socketsOf({ 4: { name: { path }, socketType: null } });
  assert.deepEqual(sockets.connected(), [{ family: "unix", descriptor: 4, path }]);
});

Deno.test("TCP connections are told with port and peer; what is not connected is not told", () => {
  const any = [0, 0, 0, 0];
  const local = { host: [127, 0, 0, 1], port: 8080 };
  const local6 = { host: [...Array(15).fill(0), 1], port: 8080 };
  const mapped = (host: number[]) => [...Array(10).fill(0), 255, 255, ...host];
  const sockets = socketsOf({
    3: { name: { host: any, port: 8080 }, peer: null, listening: true },
    4: { name: local, peer: { host: [192, 168, 1, 20], port: 50_001 } },
    5: { name: local6, peer: { host: [...Array(15).fill(0), 1], port: 65_535 } },
    6: { name: local6, peer: { host: mapped([10, 0, 0, 7]), port: 256 } },
    7: {
      name: local6,
      peer: { host: [0x20, 1, 0xd, 0xb8, ...Array(10).fill(0), 0xa, 0xbc], port: 1 },
    },
  });
  const told = sockets.connected().map((socket) =>
    socket.family === "inet" && [socket.descriptor, socket.localPort, socket.remoteAddress]
  );
  assert.deepEqual(told, [
    [4, 8080, "192.168.1.20:50001"],
    [5, 8080, "[::1]:65535"],
    [6, 8080, "[::ffff:10.0.0.7]:256"],
    [7, 8080, "[2001:db8::abc]:1"],
  ]);
});

Deno.test("a table of any size is read to its end", () => {
  for (const count of [0, 1, 255, 256, 257, 511, 512, 513, 5000]) {
    const descriptors = Array.from({ length: count }, (_, fd) => [fd, { name: { path } }] as const);
    const sockets = socketsOf(Object.fromEntries(descriptors));
    assert.equal(sockets.connected().length, count);
    assert.equal(sockets.connected().length, count);
  }
});

Deno.test("a table that cannot be read shows nobody, so nobody is let in", () => {
  const { posix, darwin } = fakeDarwin(new Map([[4, { name: { path } }]]));
  for (const answer of [0, -1]) {
    const sockets = darwinSockets(posix, { ...darwin, proc_pidinfo: () => answer });
    const guard = createPeerGuard(sockets, path, () => assert.fail("there is nobody to reject"));
    assert.deepEqual(guard.check(), { accepted: false, answerable: false, peers: [] });
  }
});

Deno.test("credentials: user and group by getpeereid, the process where the system tells it", () => {
  const sockets = socketsOf({
    4: { name: { path }, uid: 501, gid: 20, pid: 4711 },
    5: { name: { path }, uid: 0, gid: 0, pid: null },
    6: { name: { path }, uid: 502, pid: 0 },
    7: { name: { path }, nameless: true },
  });
  assert.deepEqual(sockets.credentials(4), { uid: 501, gid: 20, pid: 4711 });
  assert.deepEqual(sockets.credentials(5), { uid: 0, gid: 0, pid: null });
  assert.deepEqual(sockets.credentials(6), { uid: 502, gid: 20, pid: null });
  assert.equal(sockets.credentials(7), null);
  assert.equal(sockets.credentials(99), null);
  assert.equal(sockets.identity(4), "descriptor 4 of process 4711");
  assert.equal(sockets.identity(5), "descriptor 5 of process unknown");
  assert.equal(sockets.executable(77), "/Applications/A Client.app/client");
  assert.equal(sockets.executable(78), null);
  assert.deepEqual(sockets.self(), { uid: 501, groups: new Set([20]) });
});

Deno.test("a shutdown that fails is one that succeeded if the peer is gone already", () => {
  const sockets = socketsOf({
    4: { name: { path }, peer: { path: "" } },
    5: { name: { path }, peer: null, shutdown: -1 },
    6: { name: { path }, peer: { path: "" }, shutdown: -1 },
  });
  assert.deepEqual([4, 5, 6].map((fd) => sockets.shutdown(fd)), [true, true, false]);
});

Deno.test("the guard on macOS: our own are let in, others and nameless ones are told by reason", () => {
  const rejected: RejectedPeer[] = [];
  const check = (descriptors: Record<number, FakeDescriptor>, groups?: number[]) =>
    createPeerGuard(socketsOf(descriptors, groups), path, (peer) => rejected.push(peer)).check();
  const own = { name: { path }, uid: 501, gid: 80, pid: 77 };
  const groups = [20, 80];

  assert.equal(check({ 3: { name: { path }, listening: true }, 4: own }, groups).accepted, true);
  assert.equal(check({ 4: own, 5: { ...own, pid: null } }, groups).accepted, true);
  assert.deepEqual(rejected, []);
  assert.equal(check({ 4: own, 5: { ...own, uid: 0 } }, groups).accepted, false);
  assert.equal(check({ 4: own, 5: { ...own, gid: 12 } }, groups).accepted, false);
  assert.equal(check({ 4: own, 5: { ...own, nameless: true } }, groups).accepted, false);
  assert.deepEqual(rejected, [
    { uid: 0, gid: 80, pid: 77, reason: "uid", executable: "/Applications/A Client.app/client" },
    { uid: 501, gid: 12, pid: 77, reason: "gid", executable: "/Applications/A Client.app/client" },
    { reason: "unidentified", executable: null },
  ]);
});
