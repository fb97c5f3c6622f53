import assert from "node:assert/strict";
import fc from "fast-check";
import { createPeerGuard, type PeerGuard, type RejectedPeer } from "../../lib/ipc/peer_guard.ts";
import type { ConnectedSocket, PeerCredentials, SystemSockets } from "../../lib/ipc/sockets.ts";

const path = "/home/me/.mcpproxy/mcpproxy.sock";
const ours: PeerCredentials = { uid: 1000, gid: 1000, pid: 10 };

interface FakeConnection {
  credentials: PeerCredentials | null;
  path?: string;
  identity?: string;
  shutdownFails?: boolean;
}

/** A system with these connections, which a test may change between two looks. */
function fakeSystem(connections: FakeConnection[]) {
  const shut: number[] = [];
  const rejected: RejectedPeer[] = [];
  const sockets: SystemSockets = {
    connected: () =>
      connections.map((connection, descriptor): ConnectedSocket => (
        { family: "unix", descriptor, path: connection.path ?? path }
      )),
    credentials: (descriptor) => connections[descriptor]!.credentials,
    identity: (descriptor) => connections[descriptor]!.identity ?? `connection ${descriptor}`,
    shutdown(descriptor) {
      shut.push(descriptor);
      return !connections[descriptor]!.shutdownFails;
    },
    executable(pid) {
      // A program may end as soon as it is cut off.
      const isGone = shut.some((descriptor) => connections[descriptor]!.credentials?.pid === pid);
      return pid === 404 || isGone ? null : `/usr/bin/program-${pid}`;
    },
    self: () => ({ uid: 1000, groups: new Set([1000, 27]) }),
  };
  const guard: PeerGuard = createPeerGuard(sockets, path, (peer) => rejected.push(peer));
  return { guard, shut, rejected };
}

/** One look at a system in which one of ours is connected too. */
function lookWithOneOfOurs(connection: FakeConnection) {
  const system = fakeSystem([{ credentials: ours }, connection]);
  return { ...system, check: system.guard.check() };
}

Deno.test("one of ours is let in, and told", () => {
  const { guard, shut, rejected } = fakeSystem([{ credentials: ours }]);
  assert.deepEqual(guard.check(), {
    accepted: true,
    answerable: true,
    peers: [{ ...ours, connection: "connection 0" }],
  });
  assert.deepEqual([shut, rejected], [[], []]);
});

Deno.test("who came by a supplementary group of ours, as after newgrp(1), is let in", () => {
  const { check } = lookWithOneOfOurs({ credentials: { ...ours, gid: 27 } });
  assert.equal(check.accepted, true);
});

Deno.test("where nobody is found, nobody is let in", () => {
  const { guard } = fakeSystem([]);
  assert.deepEqual(guard.check(), { accepted: false, answerable: false, peers: [] });
});

Deno.test("connections of other sockets, and TCP, are none of its business", () => {
  const stranger = { uid: 5, gid: 5, pid: 5 };
  const { guard, shut } = fakeSystem([
    { credentials: ours },
    { credentials: stranger, path: `${path}2` },
    { credentials: stranger, path: path.slice(0, -1) },
    { credentials: stranger, path: "" },
  ]);
  assert.equal(guard.check().accepted, true);
  assert.deepEqual(shut, []);
  const { guard: alone } = fakeSystem([{ credentials: ours, path: "/tmp/other" }]);
  assert.equal(alone.check().accepted, false);
});

Deno.test("another user is shut down and told with pid, uid, gid and executable", () => {
  const { check, shut, rejected } = lookWithOneOfOurs({
    credentials: { uid: 1001, gid: 1001, pid: 66 },
  });
  assert.equal(check.accepted, false);
  assert.equal(check.answerable, true, "none but ours can read the answer");
  assert.deepEqual(check.peers, [{ ...ours, connection: "connection 0" }]);
  assert.deepEqual(shut, [1]);
  assert.deepEqual(rejected, [
    { uid: 1001, gid: 1001, pid: 66, reason: "uid", executable: "/usr/bin/program-66" },
  ]);
});

Deno.test("root is not us", () => {
  const { check, rejected } = lookWithOneOfOurs({ credentials: { uid: 0, gid: 0, pid: 1 } });
  assert.equal(check.accepted, false);
  assert.equal(rejected[0]?.reason, "uid");
});

Deno.test("our user in a group that this process is not in, as a set-gid program, is refused", () => {
  const { check, rejected } = lookWithOneOfOurs({ credentials: { ...ours, gid: 43, pid: 9 } });
  assert.equal(check.accepted, false);
  assert.equal(rejected[0]?.reason, "gid");
});

Deno.test("one of which the system says nothing is refused", () => {
  const { check, rejected } = lookWithOneOfOurs({ credentials: null });
  assert.equal(check.accepted, false);
  assert.deepEqual(rejected, [{ reason: "unidentified", executable: null }]);
});

Deno.test("a process that is unknown or gone is told without its executable", () => {
  const { rejected } = lookWithOneOfOurs({ credentials: { uid: 7, gid: 7, pid: null } });
  assert.deepEqual(rejected, [{ uid: 7, gid: 7, pid: null, reason: "uid", executable: null }]);
  const { rejected: gone } = lookWithOneOfOurs({ credentials: { uid: 7, gid: 7, pid: 404 } });
  assert.equal(gone[0]?.executable, null);
});

Deno.test("a stranger who is alone gets no answer at all", () => {
  const { guard, shut } = fakeSystem([{ credentials: { uid: 1001, gid: 1001, pid: 66 } }]);
  assert.deepEqual(guard.check(), { accepted: false, answerable: false, peers: [] });
  assert.deepEqual(shut, [0]);
});

Deno.test("if one cannot be cut off, there is no answer that it might read", () => {
  const { check } = lookWithOneOfOurs({
    credentials: { uid: 1001, gid: 1001, pid: 66 },
    shutdownFails: true,
  });
  assert.equal(check.accepted, false);
  assert.equal(check.answerable, false);
});

Deno.test("each stranger is counted once, however often it is seen, and several at once each", () => {
  const connections: FakeConnection[] = [{ credentials: ours }];
  const { guard, rejected, shut } = fakeSystem(connections);
  const stranger = (identity: string) => ({ credentials: { uid: 6, gid: 6, pid: 6 }, identity });
  connections.push(stranger("a"), stranger("b"));
  for (let times = 0; times < 3; times++) assert.equal(guard.check().accepted, false);
  assert.equal(rejected.length, 2);
  assert.equal(shut.length, 6, "shut down at every look: once more does no harm");
  connections.push(stranger("c"));
  guard.check();
  assert.equal(rejected.length, 3);
  connections.splice(1);
  assert.equal(guard.check().accepted, true);
  // The descriptor is used again, by somebody else.
  connections.push(stranger("d"));
  assert.equal(guard.check().accepted, false);
  assert.equal(rejected.length, 4);
});

Deno.test("whoever is connected: accepted if and only if there is somebody and all are ours", () => {
  const number = fc.constantFrom(0, 27, 43, 1000, 1001, 0xfffffffe);
  const connection = fc.record({
    credentials: fc.option(
      fc.record({ uid: number, gid: number, pid: fc.constantFrom(null, 1, 404, 5000) }),
    ),
    path: fc.constantFrom(path, path, path, "/tmp/other", ""),
    shutdownFails: fc.boolean(),
  });
  const isOurs = ({ credentials }: FakeConnection) =>
    credentials !== null && credentials.uid === 1000 && [1000, 27].includes(credentials.gid);
  fc.assert(fc.property(fc.array(connection, { maxLength: 6 }), (connections) => {
    const { guard, shut, rejected } = fakeSystem(connections);
    const { accepted, answerable, peers } = guard.check();
    const here = connections.filter((connection) => connection.path === path);
    const foreign = here.filter((connection) => !isOurs(connection));
    assert.equal(accepted, here.length > 0 && foreign.length === 0);
    assert.equal(
      answerable,
      here.some(isOurs) && !foreign.some(({ shutdownFails }) => shutdownFails),
    );
    assert.equal(peers.length, here.length - foreign.length);
    assert.equal(rejected.length, foreign.length);
    assert.deepEqual(shut.map((descriptor) => connections[descriptor]), foreign);
    if (accepted) assert(answerable);
  }));
});
