/** How listeners end, and how they come back from an accept error. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { listenTcp } from "../../../lib/ipc/listener_tcp.ts";
import { listenUnix } from "../../../lib/ipc/listener_unix.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { until } from "../../support/until.ts";
import { listen, RawConnection, sockets, startServer, statsOf } from "../helper.ts";

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== null;
  } catch {
    return false;
  }
}

/** A handler whose answer waits until the test gives it, or until its client is cut off. */
function slowHandler() {
  const answer = Promise.withResolvers<Response>();
  const arrived = Promise.withResolvers<void>();
  return {
    arrived: arrived.promise,
    answer: (body: string) => answer.resolve(new Response(body)),
    handler: (request: Request) => {
      request.signal.addEventListener("abort", () => answer.resolve(new Response("too late")));
      arrived.resolve();
      return answer.promise;
    },
  };
}

Deno.test("go fault 5: all that was opened is closed: TCP and the socket, whose file is gone", async () => {
  await using test = listen();
  const tcp = listenTcp({ hostname: "127.0.0.1", port: 0 }, () => new Response("ok"), sockets);
  using idle = await RawConnection.open(test.path);
  await idle.request("/");
  await Promise.all([tcp.stop(1000), test.listener.stop(1000)]);
  assert.equal(isThere(test.path), false);
  await assert.rejects(RawConnection.open(test.path), Deno.errors.NotFound);
  await assert.rejects(Deno.connect({ port: tcp.bound.port }), Deno.errors.ConnectionRefused);
  assert.equal(await idle.rest(), "");
});

Deno.test("a request that is under way is answered before the listener is gone", async () => {
  const slow = slowHandler();
  await using test = listen(slow.handler);
  using connection = await RawConnection.open(test.path);
  const request = connection.request("/");
  await slow.arrived;
  let stopped = false;
  const stopping = test.listener.stop(60_000).then(() => stopped = true);
  await until(() => !isThere(test.path), "nobody can connect any more");
  assert.equal(stopped, false);
  slow.answer("done");
  assert.equal((await request).body, "done");
  await stopping;
});

Deno.test("a request that hangs is cut off when its time is over, and the process lives on", async () => {
  for (const graceMs of [0, 100]) {
    const slow = slowHandler();
    await using test = listen(slow.handler);
    using connection = await RawConnection.open(test.path);
    const request = connection.request("/");
    await slow.arrived;
    const start = performance.now();
    await Promise.all([test.listener.stop(graceMs), assert.rejects(request)]);
    assert(performance.now() - start >= graceMs);
  }
});

Deno.test("a stream that never ends and a body that never comes are cut off as well", async () => {
  const stream = () =>
    new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([46])) });
  const arrived = Promise.withResolvers<void>();
  await using test = listen(async (request) => {
    if (request.method === "GET") return new Response(stream());
    arrived.resolve();
    return await request.text().then(() => new Response(), () => new Response());
  });
  using reader = await RawConnection.open(test.path);
  await reader.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  using writer = await RawConnection.open(test.path);
  await writer.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nfive ");
  using half = await RawConnection.open(test.path);
  await half.write("GET / HTTP/1.1\r\nho");
  await arrived.promise;
  await test.listener.stop(50);
  assert.match(await reader.rest(), /^HTTP\/1.1 200 /);
  await writer.rest();
  await half.rest();
});

Deno.test("a handler that never returns does not keep the listener from ending", async () => {
  const never = Promise.withResolvers<Response>();
  await using test = listen(() => never.promise);
  using connection = await RawConnection.open(test.path);
  await connection.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nfive ");
  await until(() => test.listener.clients()[0]?.requests === 1, "the request has come");
  await test.listener.stop(50);
  await connection.rest();
  never.resolve(new Response());
});

Deno.test("to stop twice, or twice at once, is to stop once", async () => {
  await using test = listen();
  await Promise.all([test.listener.stop(100), test.listener.stop(100)]);
  await test.listener.stop(0);
});

Deno.test("go fault 3: a stop in the middle of connections that come and go ends without a panic", async () => {
  for (let times = 0; times < 5; times++) {
    await using test = listen();
    let stopped = false;
    const clients = Array.from({ length: 10 }, async () => {
      while (!stopped) {
        try {
          using connection = await RawConnection.open(test.path);
          await connection.request("/");
        } catch {
          // the listener is going
        }
      }
    });
    await until(() => test.listener.connectionsSeen() > 0, "clients are there");
    await test.listener.stop(1000);
    stopped = true;
    await Promise.all(clients);
  }
});

Deno.test("stop removes the socket that it made, never what lies there instead", async () => {
  const others: Record<string, (path: string) => Disposable | void> = {
    file: (path) => Deno.writeTextFileSync(path, "kept"),
    folder: (path) => Deno.mkdirSync(path),
    link: (path) => Deno.symlinkSync("nowhere", path),
    socket: (path) => Deno.listen({ transport: "unix", path }),
    nothing: () => {},
  };
  for (const [kind, put] of Object.entries(others)) {
    using folder = temporaryFolder();
    const path = join(folder.path, "mcpproxy.sock");
    const listener = listenUnix(path, () => new Response("ok"), sockets);
    using connection = await RawConnection.open(path);
    await connection.request("/");
    Deno.removeSync(path);
    using _other = put(path) ?? { [Symbol.dispose]: () => {} };
    const before = kind === "nothing" ? null : Deno.lstatSync(path).ino;
    await listener.stop(1000);
    assert.equal(isThere(path) ? Deno.lstatSync(path).ino : null, before, kind);
    if (kind === "file") assert.equal(Deno.readTextFileSync(path), "kept");
    if (kind === "socket") (await RawConnection.open(path))[Symbol.dispose]();
    assert.equal([...Deno.readDirSync(folder.path)].length, kind === "nothing" ? 0 : 1, kind);
  }
});

Deno.test("a folder that is gone before the stop is no reason not to stop", async () => {
  const folder = temporaryFolder();
  const listener = listenUnix(join(folder.path, "s"), () => new Response("ok"), sockets);
  folder[Symbol.dispose]();
  await listener.stop(1000);
});

const limited = ["sh", "-c", 'ulimit -n 48; exec "$@"', "sh"];

Deno.test("go fault 4: when it runs out of descriptors it ends what is under way, and comes back", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  await using server = await startServer(path, {}, limited);
  using idle = await RawConnection.open(path);
  await idle.request("/");
  using slow = await RawConnection.open(path);
  const underWay = slow.request("/slow");
  await server.line("slow has come");
  using many = new DisposableStack();
  try {
    for (let count = 0; count < 60; count++) many.use(await RawConnection.open(path));
  } catch {
    // it has stopped accepting already
  }
  await server.line(/stopped accepting.*os error 24/);
  assert.equal(await idle.rest(), "", "who waits for nothing gives back its descriptor");
  await server.tell("go");
  assert.equal((await underWay).body, "slow");
  many.dispose();
  await server.line("listens again");
  await until(async () => {
    using connection = await RawConnection.open(path);
    return (await connection.request("/")).status === 200;
  }, "it answers again");
  assert.equal((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o600);
  assert.deepEqual((await statsOf(server)).rejected, { uid: 0, gid: 0, unidentified: 0 });
  assert.equal((await server.end()).code, 0);
  await server.line("stopped");
  assert.equal(isThere(path), false);
});

Deno.test("an error while no descriptor is left ends neither the process nor the connection", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  await using server = await startServer(path, {}, limited);
  using connection = await RawConnection.open(path);
  const { status, body } = await connection.request("/exhaust");
  assert.equal(status, 500);
  assert.equal(body, '{"success":false,"error":"internal error"}');
  assert.equal((await connection.request("/")).body, "ok");
  assert.equal((await server.end()).code, 0);
});
