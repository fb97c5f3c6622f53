import assert from "node:assert/strict";
import type { RequestHandler } from "../../lib/ipc/listener.ts";
import { listenTcp, PortInUseError, type TcpListener } from "../../lib/ipc/listener_tcp.ts";
import { sessionHeader, sessionWanted } from "../../lib/ipc/sessions.ts";
import { UserError } from "../../lib/errors.ts";
import { until } from "../support/until.ts";
import { RawConnection, sockets } from "./helper.ts";

interface Test extends AsyncDisposable {
  listener: TcpListener;
  port: number;
  connect(hostname?: string): Promise<{ raw: RawConnection; address: string } & Disposable>;
}

function listen(
  handler: RequestHandler = () => new Response("ok"),
  hostname = "127.0.0.1",
  system: typeof sockets | null = sockets,
): Test {
  const listener = listenTcp({ hostname, port: 0 }, handler, system);
  const { port } = listener.bound;
  return {
    listener,
    port,
    async connect(hostname = "127.0.0.1") {
      const connection = await Deno.connect({ hostname, port });
      const { hostname: from, port: own } = connection.localAddr as Deno.NetAddr;
      const raw = new RawConnection(connection);
      const address = from.includes(":") ? `[${from}]:${own}` : `${from}:${own}`;
      return { raw, address, [Symbol.dispose]: () => raw[Symbol.dispose]() };
    },
    [Symbol.asyncDispose]: () => listener.stop(0),
  };
}

Deno.test("create TCP listener: a free port is bound and told, and its source is tcp", async () => {
  const sources: string[] = [];
  await using test = listen((_request, { source, responseHeaders }) => {
    assert.equal(responseHeaders, undefined);
    sources.push(source);
    return new Response("ok");
  });
  assert(test.port > 0);
  assert.equal(test.listener.bound.hostname, "127.0.0.1");
  assert.equal(test.listener.source, "tcp");
  const response = await fetch(`http://127.0.0.1:${test.port}/`, { headers: { source: "socket" } });
  assert.equal(await response.text(), "ok");
  assert.deepEqual(sources, ["tcp"]);
});

Deno.test("create TCP listener, address in use: a typed error with the address and exit code 2", async () => {
  await using test = listen();
  assert.throws(() => listenTcp(test.listener.bound, () => new Response(), sockets), (error) => {
    assert(error instanceof PortInUseError);
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, `Port ${test.port} on 127.0.0.1 is already in use`);
    assert.match(error.next ?? "", /--listen/);
    return true;
  });
});

Deno.test("a port is free again when its listener has stopped", async () => {
  const first = listenTcp({ hostname: "127.0.0.1", port: 0 }, () => new Response("1"), sockets);
  await first.stop(0);
  const second = listenTcp(first.bound, () => new Response("2"), sockets);
  const response = await fetch(`http://127.0.0.1:${first.bound.port}/`);
  assert.equal(await response.text(), "2");
  await second.stop(0);
});

Deno.test("an address that is not ours, or none at all, is exit code 4", () => {
  const addresses = [
    { hostname: "203.0.113.7", port: 0 },
    { hostname: "no such host", port: 0 },
    { hostname: "127.0.0.1", port: 70_000 },
    { hostname: "127.0.0.1", port: -1 },
  ];
  for (const address of addresses) {
    assert.throws(() => listenTcp(address, () => new Response(), sockets), (error) => {
      assert(error instanceof UserError, String(error));
      assert.equal(error.exitCode, 4, error.message);
      assert(error.message.includes(`${address.hostname}:${address.port}`), error.message);
      assert.match(error.next ?? "", /--listen/);
      return true;
    });
  }
});

Deno.test("who is connected is told by address, with the requests it has made", async () => {
  await using test = listen();
  assert.deepEqual(test.listener.clients(), []);
  using one = await test.connect();
  using other = await test.connect();
  using silent = await test.connect();
  for (let times = 0; times < 3; times++) await one.raw.request("/");
  await other.raw.request("/");
  const clients = test.listener.clients();
  const known = (address: string) => clients.find((client) => client.remote_address === address);
  assert.equal(clients.length, 2, "who has asked nothing is nobody yet");
  assert.equal(known(silent.address), undefined);
  const { since, ...rest } = known(one.address)!;
  assert.deepEqual(rest, {
    ...{ source: "tcp", remote_address: one.address, pid: null, uid: null, executable: null },
    ...{ connections: 1, requests: 3 },
  });
  assert(Math.abs(Date.now() - Date.parse(since)) < 60_000);
  assert.equal(known(other.address)?.requests, 1);
  assert.equal(test.listener.connectionsSeen(), 2);
  one[Symbol.dispose]();
  await until(() => test.listener.clients().length === 1, "one has gone");
  assert.equal(test.listener.connectionsSeen(), 2);
});

Deno.test("clients that came by IPv6, or by IPv4 to an IPv6 listener, are told too", async () => {
  let test: Test;
  try {
    test = listen(undefined, "::");
  } catch (error) {
    assert(error instanceof UserError && error.exitCode === 4, String(error));
    return; // a container may have no IPv6
  }
  await using listening = test;
  using four = await listening.connect("127.0.0.1");
  await four.raw.request("/");
  const [client] = test.listener.clients();
  assert.equal(client?.remote_address, `[::ffff:${four.address.replace(":", "]:")}`);
  using six = await listening.connect("::1").catch(() => null);
  if (!six) return;
  await six.raw.request("/");
  assert(test.listener.clients().some(({ remote_address }) => remote_address === six.address));
});

Deno.test("where the system cannot tell who is connected, nobody is told, and all is served", async () => {
  await using test = listen(undefined, "127.0.0.1", null);
  using client = await test.connect();
  assert.equal((await client.raw.request("/")).body, "ok");
  assert.deepEqual(test.listener.clients(), []);
  assert.equal(test.listener.connectionsSeen(), 1);
});

Deno.test("a session of the private channel means nothing on TCP", async () => {
  await using test = listen((request, { responseHeaders }) =>
    new Response(request.headers.get(sessionHeader), { headers: { ...responseHeaders } })
  );
  const response = await fetch(`http://127.0.0.1:${test.port}/`, {
    headers: { [sessionHeader]: sessionWanted },
  });
  assert.equal(response.headers.get(sessionHeader), null);
  await response.text();
});

Deno.test("a handler that throws is an answer without a stack", async () => {
  await using test = listen(() => {
    throw new Error("secret");
  });
  const response = await fetch(`http://127.0.0.1:${test.port}/`);
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { success: false, error: "internal error" });
});

Deno.test("a stop lets a request end, and cuts off one that hangs", async () => {
  const answer = Promise.withResolvers<Response>();
  await using test = listen((request) => {
    if (request.url.endsWith("/hangs")) {
      return new Promise((resolve) => request.signal.onabort = () => resolve(new Response()));
    }
    return answer.promise;
  });
  using slow = await test.connect();
  using hangs = await test.connect();
  const request = slow.raw.request("/");
  const cut = assert.rejects(hangs.raw.request("/hangs"));
  await until(() => test.listener.connectionsSeen() === 2, "both have come");
  const stopping = test.listener.stop(200);
  answer.resolve(new Response("done"));
  assert.equal((await request).body, "done");
  await Promise.all([stopping, cut]);
});
