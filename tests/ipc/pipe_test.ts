/**
 * Listener and channel of Windows: over its own pipes there, elsewhere over fakes of them, which also give the answers that
 * no test can have from a real system, such as another user's.
 */
import assert from "node:assert/strict";
import type { Channel } from "../../lib/ipc/channel.ts";
import { openPipeChannel } from "../../lib/ipc/channel_windows.ts";
import type { PrivateListener, RequestHandler } from "../../lib/ipc/listener.ts";
import { listenPipe } from "../../lib/ipc/listener_windows.ts";
import { onceHeader } from "../../lib/ipc/once.ts";
import { NtStatus, type SystemPipes } from "../../lib/ipc/pipes.ts";
import { windowsPipes } from "../../lib/ipc/pipes_windows.ts";
import { clientHeader, sessionHeader, sessionWanted } from "../../lib/ipc/sessions.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { until } from "../support/until.ts";
import { type FakeAnswers, fakePipes } from "./fixtures/fake_pipes.ts";

const isWindows = operatingSystem === "windows";
/** Opened once, outside of the tests: a library that is open at the end of a test counts as a leak. */
const real = isWindows ? windowsPipes() : null;

/** An operation that was cancelled is told of by the system when it likes, after its test most often. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `pipe: ${name}`, fn, sanitizeOps: !isWindows });
}

interface Test extends AsyncDisposable {
  name: string;
  pipes: SystemPipes;
  listener: PrivateListener;
  channel: Channel;
}

function listen(handler: RequestHandler, pipes: SystemPipes = real ?? fakePipes()): Test {
  const name = `\\\\.\\pipe\\mcpproxy-test-${crypto.randomUUID()}`;
  const listener = listenPipe(name, handler, pipes);
  const channel = openPipeChannel(name, "test/1", pipes);
  return {
    ...{ name, pipes, listener, channel },
    async [Symbol.asyncDispose]() {
      channel.close();
      await listener.stop(0);
    },
  };
}

const echo: RequestHandler = async (request, origin) =>
  Response.json({
    method: request.method,
    url: request.url,
    body: await request.text(),
    headers: Object.fromEntries(request.headers),
    source: origin.source,
  }, { headers: { ...origin.responseHeaders } });

test("method, path, headers and body arrive as they were given, with who we are", async () => {
  await using served = listen(echo);
  const response = await served.channel.fetch("https://user:secret@elsewhere/x?a=b%20c#d", {
    method: "PUT",
    headers: { "x-given": "é", [clientHeader]: "forged", [sessionHeader]: "x", [onceHeader]: "1" },
    body: '{"a":"é"}',
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  const seen = await response.json();
  assert.deepEqual(
    [seen.method, seen.url, seen.body, seen.source],
    ["PUT", "http://localhost/x?a=b%20c", '{"a":"é"}', "socket"],
  );
  assert.equal(seen.headers["x-given"], "é");
  assert.equal(seen.headers[clientHeader], `test/1; pid=${Deno.pid}`);
  assert.equal(seen.headers[sessionHeader], undefined);
  assert.equal(seen.headers[onceHeader], undefined);
});

test("answers of every kind: none, empty, HEAD, redirect, many cookies", async () => {
  await using served = listen((request) => {
    switch (new URL(request.url).pathname) {
      case "/none":
        return new Response(null, { status: 204 });
      case "/move":
        return new Response(null, { status: 302, headers: { location: "http://elsewhere/" } });
      case "/cookies":
        return new Response("", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
      default:
        return new Response("text");
    }
  });
  const get = (path: string, method = "GET") => served.channel.fetch(path, { method });
  assert.equal((await get("/none")).status, 204);
  const moved = await get("/move");
  assert.deepEqual([moved.status, moved.headers.get("location")], [302, "http://elsewhere/"]);
  await moved.text();
  const cookies = await get("/cookies");
  assert.deepEqual(cookies.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(await cookies.text(), "");
  assert.equal((await get("/", "HEAD")).body, null);
  assert.equal(await (await get("/")).text(), "text");
});

test("large bodies arrive whole, both ways and in pieces", async () => {
  await using served = listen((request) => new Response(request.body));
  const piece = crypto.getRandomValues(new Uint8Array(60_000));
  const body = ReadableStream.from(Array.from({ length: 50 }, () => piece));
  const response = await served.channel.fetch("/", { method: "POST", body });
  const bytes = await response.bytes();
  assert.equal(bytes.length, 3_000_000);
  assert.deepEqual(bytes.subarray(-60_000), piece);
});

test("an answer is made no faster than it is read, and ends with its reader", async () => {
  const cancelled = Promise.withResolvers<void>();
  let made = 0;
  await using served = listen(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          made++;
          controller.enqueue(new Uint8Array(16_384));
        },
        cancel: () => cancelled.resolve(),
      }, { highWaterMark: 0 }),
    )
  );
  const response = await served.channel.fetch("/");
  const reader = response.body!.getReader();
  assert.equal((await reader.read()).done, false);
  let before = -1;
  await until(async () => {
    const isStill = before === made;
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return isStill;
  }, "nothing is made any more");
  assert(made < 100, `${made} pieces were made for one that was read`);
  await reader.cancel();
  await cancelled.promise;
});

test("a stream of events arrives as it is sent; the client's end ends the request", async () => {
  const ended = Promise.withResolvers<void>();
  await using served = listen((request) => {
    request.signal.addEventListener("abort", () => ended.resolve());
    return new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      }),
      { headers: { "content-type": "text/event-stream" } },
    );
  });
  const abort = new AbortController();
  const response = await served.channel.fetch("/events", { signal: abort.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.deepEqual(await reader.read(), { value: "data: 1\n\n", done: false });
  const next = reader.read();
  abort.abort(new Error("enough"));
  await assert.rejects(next, { message: "enough" });
  await ended.promise;
});

test("a request is ended by its signal: before it is sent, while it waits, while the pipe is busy", async () => {
  const came = Promise.withResolvers<void>();
  const answers: FakeAnswers = {};
  const pipes = fakePipes(answers);
  await using served = listen((request) =>
    new Promise((resolve) => {
      request.signal.onabort = () => resolve(new Response());
      came.resolve();
    }), pipes);
  const reason = new Error("enough");
  await assert.rejects(served.channel.fetch("/", { signal: AbortSignal.abort(reason) }), reason);
  const abort = new AbortController();
  const waiting = served.channel.fetch("/", { method: "POST", body: "x", signal: abort.signal });
  await came.promise;
  abort.abort(reason);
  await assert.rejects(waiting, reason);
  answers.openFails = Array(1_000).fill(NtStatus.PIPE_NOT_AVAILABLE);
  const trying = served.channel.fetch("/", { signal: AbortSignal.timeout(100) });
  await assert.rejects(trying, { name: "TimeoutError" });
});

test("a handler that throws answers 500, and harms nobody else", async () => {
  await using served = listen((request) => {
    if (request.url.endsWith("/throw")) throw new Error("secret");
    return new Response("ok");
  });
  const response = await served.channel.fetch("/throw");
  assert.equal(response.status, 500);
  assert(!(await response.text()).includes("secret"));
  assert.equal(await (await served.channel.fetch("/")).text(), "ok");
});

test("an answer that breaks off is no whole answer", async () => {
  await using served = listen(() =>
    new Response(ReadableStream.from((function* () {
      yield new TextEncoder().encode("half");
      throw new Error("broken");
    })()))
  );
  const response = await served.channel.fetch("/");
  await assert.rejects(response.text());
});

test("one connection may carry many requests, pipelined too", async () => {
  await using served = listen((request) => new Response(new URL(request.url).pathname));
  const { stream } = served.pipes.open(served.name);
  let text = "";
  stream.on("data", (chunk) => text += chunk);
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  stream.write(get("/1") + get("/2"));
  await until(() => text.includes("/2"), "the second answer");
  stream.write(get("/3"));
  await until(() => text.includes("/3"), "the third answer, over the same connection");
  assert.equal(served.listener.connectionsSeen(), 1);
  const [client] = served.listener.clients();
  assert.deepEqual(
    [client?.source, client?.pid, client?.connections, client?.requests],
    ["socket", Deno.pid, 1, 3],
  );
  assert.match(client?.executable ?? "", /\.exe$/);
  stream.destroy();
  await until(() => served.listener.clients().length === 0, "the client is gone");
});

test("garbage ends its connection and no other", async () => {
  await using served = listen(echo);
  for (const text of ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"]) {
    const { stream } = served.pipes.open(served.name);
    let answer = "";
    stream.on("error", () => {});
    stream.on("data", (chunk) => answer += chunk);
    stream.write(text);
    await until(() => /^HTTP\/1.1 [45]/.test(answer) || stream.destroyed, `an end to ${text}`);
    stream.destroy();
  }
  assert.equal((await served.channel.fetch("/")).status, 200);
});

test("a number of a session is carried out once, and none of a session that is not known", async () => {
  let carriedOut = 0;
  await using served = listen((_, { responseHeaders = {} }) => {
    carriedOut++;
    return new Response("ok", { headers: responseHeaders });
  });
  const send = async (headers: Record<string, string>) => {
    const { stream } = served.pipes.open(served.name);
    const lines = Object.entries({ host: "x", ...headers }).map((all) => all.join(": "));
    let text = "";
    stream.on("data", (chunk) => text += chunk);
    stream.write(`POST / HTTP/1.1\r\n${lines.join("\r\n")}\r\ncontent-length: 0\r\n\r\n`);
    await until(() => text.includes("\r\n\r\n"), "an answer");
    stream.destroy();
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, "mi").exec(text)?.[1]?.trim();
    return {
      status: Number(text.split(" ")[1]),
      session: header(sessionHeader),
      why: header(onceHeader),
    };
  };
  const first = await send({ [sessionHeader]: sessionWanted });
  assert.equal(first.status, 200);
  const session = first.session ?? assert.fail("a session was wanted");
  assert.equal((await send({ [sessionHeader]: session, [onceHeader]: "1" })).status, 200);
  const again = await send({ [sessionHeader]: session, [onceHeader]: "1" });
  assert.deepEqual([again.status, again.why], [409, "seen"]);
  const unknown = await send({ [sessionHeader]: "1.abc", [onceHeader]: "2" });
  assert.deepEqual([unknown.status, unknown.why], [409, "unknown-session"]);
  assert.match(unknown.session ?? "", /^2\./);
  assert.equal((await send({ [onceHeader]: "3" })).status, 409);
  assert.equal(carriedOut, 2);
});

test("another user is cut off, counted and told; who is ours goes on", async () => {
  const answers: FakeAnswers = {};
  let heard = 0;
  const inject = (pipes: SystemPipes): SystemPipes => ({
    ...pipes,
    user: pipes.user,
    listen: (name, security, onConnection) =>
      pipes.listen(
        name,
        security,
        (stream, peer) => onConnection(stream, answers.peer?.() ?? peer),
      ),
  });
  await using served = listen(() => {
    heard++;
    return new Response("ok");
  }, real ? inject(real) : fakePipes(answers));
  for (const user of ["S-1-5-21-9-9-9-1002", "S-1-5-18", null]) {
    answers.peer = () => ({ user, pid: Deno.pid });
    await assert.rejects(served.channel.fetch("/", { method: "POST", body: "x" }), {
      fault: "lost",
    });
    delete answers.peer;
    assert.equal(await (await served.channel.fetch("/")).text(), "ok");
  }
  assert.equal(heard, 3);
  assert.deepEqual(served.listener.rejectedPeers(), { sid: 2, unidentified: 1 });
  assert.equal(served.listener.connectionsSeen(), 3);
});

test("a pipe that is not ours is sent nothing", async () => {
  for (const owner of ["S-1-5-21-9-9-9-1002", "S-1-5-18", "S-1-5-32-544", null]) {
    let heard = 0;
    const pipes = real ?? fakePipes();
    const inject = {
      ...pipes,
      user: pipes.user,
      open: (name: string) => ({ ...pipes.open(name), owner }),
    };
    await using served = listen(() => {
      heard++;
      return new Response("ok");
    }, inject);
    await assert.rejects(served.channel.fetch("/"), { name: "ChannelError", fault: "untrusted" });
    assert.equal(heard, 0);
    assert.equal(served.listener.connectionsSeen(), 0);
  }
});

test("what Windows answers becomes a fault that says what to do", async () => {
  const answers: FakeAnswers = {};
  const pipes = fakePipes(answers);
  await using served = listen(echo, pipes);
  const expected = [
    [NtStatus.OBJECT_NAME_NOT_FOUND, "absent"],
    [NtStatus.OBJECT_PATH_NOT_FOUND, "absent"],
    [NtStatus.ACCESS_DENIED, "denied"],
    [0xc000_0001, "refused"],
  ] as const;
  for (const [status, fault] of expected) {
    answers.openFails = [status];
    await assert.rejects(served.channel.fetch("/"), { name: "ChannelError", fault });
  }
  answers.openFails = [NtStatus.PIPE_NOT_AVAILABLE, NtStatus.PIPE_BUSY];
  assert.equal((await served.channel.fetch("/")).status, 200, "a busy pipe is tried again");
});

test("a second core on the same pipe is refused; another user's pipe too, by exit 5", async () => {
  await using served = listen(echo);
  assert.throws(() => listenPipe(served.name, echo, served.pipes), {
    name: "EndpointError",
    exitCode: 4,
    message: `another mcpproxy core already listens on ${served.name}`,
  });
  const foreign = {
    ...served.pipes,
    user: served.pipes.user,
    ownerOf: () => "S-1-5-21-9-9-9-1002",
  };
  assert.throws(() => listenPipe(served.name, echo, foreign), {
    exitCode: 5,
    message: `the pipe ${served.name} belongs to S-1-5-21-9-9-9-1002, not to you`,
  });
  assert.equal((await served.channel.fetch("/")).status, 200);
});

test("a stop lets what is under way end, cuts off what does not, and leaves the name free", async () => {
  const pipes = real ?? fakePipes();
  let heard = 0;
  const mayEnd = Promise.withResolvers<void>();
  const served = listen(async (request) => {
    heard++;
    if (request.url.endsWith("/forever")) return await new Promise(() => {});
    await mayEnd.promise;
    return new Response("done");
  }, pipes);
  const { stream: idle } = pipes.open(served.name);
  idle.on("error", () => {});
  idle.resume();
  const forever = assert.rejects(served.channel.fetch("/forever"), { fault: "lost" });
  const slow = served.channel.fetch("/slow");
  await until(() => heard === 2, "both are under way");
  const stopped = served.listener.stop(500);
  mayEnd.resolve();
  assert.equal(await (await slow).text(), "done");
  await forever;
  await stopped;
  await assert.rejects(served.channel.fetch("/"), { fault: "absent" });
  idle.destroy();
  served.channel.close();
  const next = listenPipe(served.name, echo, pipes);
  await next.stop(0);
});

test("a restart of the core in between is survived", async () => {
  const pipes = real ?? fakePipes();
  const name = `\\\\.\\pipe\\mcpproxy-test-${crypto.randomUUID()}`;
  const channel = openPipeChannel(name, "test/1", pipes);
  for (let round = 0; round < 20; round++) {
    const core = listenPipe(name, echo, pipes);
    for (const method of ["GET", "POST"]) {
      const response = await channel.fetch("/", { method });
      assert.equal(response.status, 200);
      await response.text();
    }
    await core.stop(0);
    await assert.rejects(channel.fetch("/"), { fault: "absent" });
  }
  channel.close();
});
