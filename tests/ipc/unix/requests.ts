/** What the listener makes of a request: sessions, the source, and who is connected. */
import assert from "node:assert/strict";
import type { RequestOrigin } from "../../../lib/ipc/listener.ts";
import { clientHeader, sessionHeader, sessionWanted } from "../../../lib/ipc/sessions.ts";
import { Child } from "../../support/child.ts";
import { until } from "../../support/until.ts";
import { listen, RawConnection, sockets } from "../helper.ts";

const connectionsOf = (path: string) =>
  sockets.connected().filter((socket) => socket.family === "unix" && socket.path === path);

/** A handler that hands on the listener's headers, as the app does, and shows where a request came from. */
const showOrigin = (_request: Request, origin: RequestOrigin): Response =>
  Response.json(origin.source, { headers: { ...origin.responseHeaders } });

Deno.test("who does not ask for a session gets an answer and no session", async () => {
  await using test = listen(showOrigin);
  using connection = await RawConnection.open(test.path);
  for (let times = 0; times < 3; times++) {
    const { status, headers } = await connection.request("/");
    assert.equal(status, 200);
    assert.equal(headers.get(sessionHeader), null);
  }
});

Deno.test("who asks for a session gets one, and with it no other", async () => {
  await using test = listen(showOrigin);
  using connection = await RawConnection.open(test.path);
  const first = await connection.request("/", { [sessionHeader]: sessionWanted });
  assert.equal(first.status, 200);
  const session = first.headers.get(sessionHeader)!;
  assert.match(session, /^1\.[0-9a-f]{64}$/);
  const second = await connection.request("/", { [sessionHeader]: session });
  assert.equal(second.status, 200);
  assert.equal(second.headers.get(sessionHeader), null);
  // It is the client's, not the connection's.
  using other = await RawConnection.open(test.path);
  const third = await other.request("/", { [sessionHeader]: session });
  assert.equal(third.headers.get(sessionHeader), null);
});

Deno.test("a session of another core, or a made-up one, is answered with a new one", async () => {
  await using former = listen(showOrigin);
  await using test = listen(showOrigin);
  using before = await RawConnection.open(former.path);
  const old = (await before.request("/", { [sessionHeader]: sessionWanted })).headers;
  using connection = await RawConnection.open(test.path);
  const seen = new Set<string>();
  for (const value of [old.get(sessionHeader)!, `1.${"0".repeat(64)}`, "", "garbage"]) {
    const { status, headers } = await connection.request("/", { [sessionHeader]: value });
    assert.equal(status, 200);
    seen.add(headers.get(sessionHeader)!);
  }
  assert.equal(seen.size, 4);
  assert(!seen.has(old.get(sessionHeader)!));
});

Deno.test("connection source tagging: it is the listener that says where a request came from, never a header", async () => {
  await using test = listen(showOrigin);
  using connection = await RawConnection.open(test.path);
  const claims = { source: "tcp", "x-source": "tcp", "x-forwarded-for": "8.8.8.8", via: "tcp" };
  assert.equal((await connection.request("/", claims)).body, '"socket"');
});

Deno.test("where a stranger cannot be cut off, an answer that it might read holds nothing, not even a session", async () => {
  const strangers = new Set<string>();
  await using test = listen(() => assert.fail("was carried out"), {
    ...sockets,
    credentials: (descriptor) => {
      const real = sockets.credentials(descriptor);
      return real && strangers.has(sockets.identity(descriptor)) ? { ...real, uid: 54321 } : real;
    },
    shutdown: () => false,
  });
  using stranger = await RawConnection.open(test.path);
  await until(() => {
    for (const { descriptor } of connectionsOf(test.path)) {
      strangers.add(sockets.identity(descriptor));
    }
    return strangers.size === 1;
  }, "the stranger is there");
  using own = await RawConnection.open(test.path);
  for (const connection of [stranger, own, stranger]) {
    const { status, headers } = await connection.request("/", { [sessionHeader]: sessionWanted });
    assert.equal(status, 403);
    assert.equal(headers.get(sessionHeader), null);
  }
  assert.equal(test.listener.rejectedPeers().uid, 1);
  strangers.clear(); // so that the listener can be stopped
});

Deno.test("a stranger that was cut off makes the others ask again, and their session lets them through", async () => {
  const strangers = new Set<string>();
  await using test = listen(showOrigin, {
    ...sockets,
    credentials: (descriptor) => {
      const real = sockets.credentials(descriptor);
      return real && strangers.has(sockets.identity(descriptor)) ? { ...real, uid: 54321 } : real;
    },
    shutdown: () => true, // the stranger stays, which makes this last
  });
  using own = await RawConnection.open(test.path);
  using _stranger = await RawConnection.open(test.path);
  await own.request("/");
  await until(() => connectionsOf(test.path).length === 2, "both are there");
  strangers.add(sockets.identity(connectionsOf(test.path)[1]!.descriptor));
  const unknown = await own.request("/");
  assert.deepEqual([unknown.status, unknown.headers.get(sessionHeader)], [503, null]);
  const first = await own.request("/", { [sessionHeader]: sessionWanted });
  assert.deepEqual([first.status, first.headers.get("retry-after")], [503, "0"]);
  const session = first.headers.get(sessionHeader)!;
  assert.equal((await own.request("/", { [sessionHeader]: session })).status, 200);
  assert.equal((await own.request("/")).status, 503, "who does not show a session is still nobody");
});

Deno.test("who is connected is told by process, with connections and requests", async () => {
  await using test = listen(showOrigin);
  assert.deepEqual(test.listener.clients(), []);
  using one = await RawConnection.open(test.path);
  using other = await RawConnection.open(test.path);
  const { headers } = await one.request("/", { [sessionHeader]: sessionWanted });
  const session = headers.get(sessionHeader)!;
  await other.request("/", { [sessionHeader]: session });
  await other.request("/", { [sessionHeader]: session });
  await other.request("/");
  const [client, ...more] = test.listener.clients();
  assert.deepEqual(more, []);
  const { since, ...rest } = client!;
  assert.deepEqual(rest, {
    ...{ source: "socket", remote_address: null, pid: Deno.pid, uid: Deno.uid() },
    ...{ executable: Deno.realPathSync(Deno.execPath()), connections: 2, requests: 4 },
  });
  assert(Math.abs(Date.now() - Date.parse(since)) < 60_000);
  assert.equal(test.listener.connectionsSeen(), 2);
  one[Symbol.dispose]();
  await until(() => test.listener.clients()[0]?.connections === 1, "one connection has ended");
  other[Symbol.dispose]();
  await until(() => test.listener.clients().length === 0, "nobody is connected");
  assert.equal(test.listener.connectionsSeen(), 2);
});

Deno.test("two processes are told apart; what one claims to be counts only if that one is connected", async () => {
  await using test = listen(showOrigin);
  await using child = new Child(Deno.execPath(), {
    args: [
      "eval",
      `const c = await Deno.connect({ transport: "unix", path: ${JSON.stringify(test.path)} });
       await c.write(new TextEncoder().encode("GET / HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n"));
       await c.read(new Uint8Array(999));
       console.log("connected");
       await c.read(new Uint8Array(999));`,
    ],
  });
  await child.line("connected");
  using connection = await RawConnection.open(test.path);
  const requestsOf = (pid: number) =>
    test.listener.clients().find((client) => client.pid === pid)?.requests;
  await connection.request("/", { [clientHeader]: `test/1; pid=${Deno.pid}` });
  assert.deepEqual([requestsOf(Deno.pid), requestsOf(child.pid)], [1, 1]);
  for (const claim of ["test/1; pid=1", "test/1; pid=0", "test/1; pid=99999999999", "test/1", ""]) {
    await connection.request("/", { [clientHeader]: claim });
  }
  assert.deepEqual([requestsOf(Deno.pid), requestsOf(child.pid)], [1, 1]);
  assert.deepEqual(test.listener.rejectedPeers(), { uid: 0, gid: 0, unidentified: 0 });
});

Deno.test("concurrent requests on many connections are all answered", async () => {
  let count = 0;
  await using test = listen(() => new Response(`${++count}`));
  const bodies = await Promise.all(Array.from({ length: 40 }, async () => {
    using connection = await RawConnection.open(test.path);
    const answers = [];
    for (let times = 0; times < 5; times++) answers.push((await connection.request("/")).body);
    return answers;
  }));
  assert.equal(new Set(bodies.flat()).size, 200);
});
