/** The client's end: what it sends, how often, and what it makes of an answer. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RequestOrigin } from "../../../lib/ipc/listener.ts";
import type { Channel } from "../../../lib/ipc/channel.ts";
import { openUnixChannel } from "../../../lib/ipc/channel_unix.ts";
import { listenUnix } from "../../../lib/ipc/listener_unix.ts";
import { onceHeader } from "../../../lib/ipc/once.ts";
import { clientHeader, sessionHeader } from "../../../lib/ipc/sessions.ts";
import { Child } from "../../support/child.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { listen, sockets } from "../helper.ts";
import { serveByHand } from "./by_hand.ts";

function open(path: string): Channel & Disposable {
  const channel = openUnixChannel(path, "test/1");
  return { ...channel, [Symbol.dispose]: () => channel.close() };
}

/** Shows what has come. */
const echo = async (request: Request, origin: RequestOrigin): Promise<Response> => {
  const { pathname, search } = new URL(request.url);
  return Response.json({
    ...{ method: request.method, path: pathname + search, body: await request.text() },
    ...{ headers: Object.fromEntries(request.headers), source: origin.source },
  }, { headers: { ...origin.responseHeaders } });
};

Deno.test("create dialer, Unix socket: of a URL only path and query count, and the base is http://localhost", async () => {
  await using test = listen(echo);
  using channel = open(test.path);
  for (
    const url of [
      ...["/api/v1/info?a=b%20c", "http://localhost/api/v1/info?a=b%20c"],
      ...["http://169.254.169.254:80/api/v1/info?a=b%20c#d", "//elsewhere/api/v1/info?a=b%20c"],
      new URL("https://user:secret@elsewhere.example/api/v1/info?a=b%20c"),
    ]
  ) {
    const seen = await (await channel.fetch(url)).json();
    assert.equal(seen.path, "/api/v1/info?a=b%20c");
    assert.equal(seen.headers.host, "localhost");
    assert.equal(seen.headers.authorization, undefined);
  }
});

Deno.test("method, headers and body arrive as they were given, with who we are", async () => {
  await using test = listen(echo);
  using channel = open(test.path);
  const response = await channel.fetch("/x", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      [clientHeader]: "forged",
      [sessionHeader]: "x",
      [onceHeader]: "y",
    },
    body: '{"a":"é"}',
  });
  const seen = await response.json();
  assert.deepEqual([seen.method, seen.body, seen.source], ["POST", '{"a":"é"}', "socket"]);
  assert.equal(seen.headers["content-type"], "application/json");
  assert.equal(seen.headers[clientHeader], `test/1; pid=${Deno.pid}`);
  assert.match(seen.headers[sessionHeader], /^1\.[0-9a-f]{64}$/);
  assert.equal(seen.headers[onceHeader], "1");
});

Deno.test("a session is asked for once and used from then on, whatever the method", async () => {
  await using test = listen(echo);
  using channel = open(test.path);
  const sent: string[] = [];
  for (const method of ["GET", "POST", "DELETE", "GET", "PUT"]) {
    const seen = await (await channel.fetch("/", { method })).json();
    sent.push(seen.headers[sessionHeader]);
  }
  assert.equal(sent[0], "new");
  assert.match(sent[1] ?? "", /^1\.[0-9a-f]{64}$/);
  assert.equal(new Set(sent.slice(1)).size, 1);
});

Deno.test("a restart of the core in between is survived, with a new session", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  using channel = open(path);
  const sent: string[] = [];
  for (let start = 0; start < 4; start++) {
    const core = listenUnix(path, echo, sockets);
    for (const method of start % 2 ? ["POST", "GET", "GET"] : ["GET", "POST", "GET"]) {
      const response = await channel.fetch("/", { method });
      assert.equal(response.status, 200);
      sent.push((await response.json()).headers[sessionHeader]);
    }
    await core.stop(0);
    await assert.rejects(channel.fetch("/"), { name: "ChannelError", fault: "absent" });
  }
  // A GET finds out with the session of the core before; a POST is sent when that is known.
  assert.equal(new Set(sent).size, 5);
  for (let start = 1; start < 4; start++) {
    assert.equal(sent[3 * start] === sent[3 * start - 1], start % 2 === 0);
  }
});

Deno.test("what the core did not look at is sent again; any other answer is handed on", async () => {
  const answers = [
    ["HTTP/1.1 503 X", "retry-after: 0", `${sessionHeader}: 1.abc`],
    ["HTTP/1.1 503 X", "retry-after: 0", `${sessionHeader}: 1.abc`],
    ["HTTP/1.1 503 X", "retry-after: 5"],
    ["HTTP/1.1 503 X"],
    ["HTTP/1.1 403 X", "retry-after: 0"],
    ["HTTP/1.1 302 X", "location: http://127.0.0.1:9/"],
  ];
  using folder = temporaryFolder();
  const path = join(folder.path, "s");
  await using server = serveByHand(
    path,
    () => [...answers.shift() ?? ["HTTP/1.1 200 OK"], "content-length: 0", "", ""].join("\r\n"),
  );
  using channel = open(path);
  const statuses = [];
  for (let times = 0; times < 5; times++) {
    const response = await channel.fetch("/");
    statuses.push(response.status);
    await response.text();
  }
  assert.deepEqual(statuses, [503, 503, 403, 302, 200]);
  assert.equal(server.requests.length, 7);
  assert(server.requests[1]?.includes(`${sessionHeader}: 1.abc`));
  answers.push(["HTTP/1.1 503 X", "retry-after: 0"]);
  const posted = await channel.fetch("/", { method: "POST", body: "body" });
  assert.equal(
    posted.status,
    503,
    "the core looks at each request that must not be carried out twice",
  );
  await posted.text();
});

Deno.test("a body that can be read only once is not sent twice", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "s");
  await using server = serveByHand(
    path,
    () => "HTTP/1.1 503 X\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  );
  using channel = open(path);
  const body = new Blob(["body"]).stream();
  const response = await channel.fetch("/", { method: "POST", body });
  assert.equal(response.status, 503);
  await response.text();
  assert.equal(server.requests.length, 1);
});

Deno.test("a request is ended by its signal: before it is sent, while it waits, and between two tries", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "s");
  const came = Promise.withResolvers<void>();
  const hangs = (request: Request) =>
    new Promise<Response>((resolve) => {
      request.signal.onabort = () => resolve(new Response());
      came.resolve();
    });
  const core = listenUnix(path, hangs, sockets);
  using channel = open(path);
  const reason = new Error("enough");
  await assert.rejects(channel.fetch("/", { signal: AbortSignal.abort(reason) }), reason);
  const abort = new AbortController();
  const waiting = channel.fetch("/", { signal: abort.signal });
  await came.promise;
  abort.abort(reason);
  await assert.rejects(waiting, reason);
  await core.stop(1000);

  const unheard = "HTTP/1.1 503 X\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n";
  await using server = serveByHand(path, () => unheard);
  const start = performance.now();
  const trying = channel.fetch("/", { signal: AbortSignal.timeout(300) });
  await assert.rejects(trying, { name: "TimeoutError" });
  assert(performance.now() - start < 9_000);
  assert(server.requests.length > 1);
});

Deno.test("a stream of events arrives as it is sent, and ends when the client is tired of it", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using test = listen(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
        cancel: () => cancelled.resolve(),
      }),
      { headers: { "content-type": "text/event-stream" } },
    )
  );
  using channel = open(test.path);
  const response = await channel.fetch("/events");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.deepEqual(await reader.read(), { value: "data: 1\n\n", done: false });
  await reader.cancel();
  await cancelled.promise;
});

Deno.test("a proxy that the environment names has no part in it", async () => {
  await using test = listen(echo);
  const module = new URL("../fixtures/call_channel.ts", import.meta.url).pathname;
  const proxy = "http://127.0.0.1:9/";
  await using client = new Child(Deno.execPath(), {
    args: ["run", "-q", "-A", module, test.path, "1"],
    env: { http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy, all_proxy: proxy, NO_PROXY: "" },
  });
  await client.line("calling");
  await client.tell("stop");
  const result = await client.line("result ");
  assert.match(result, /"200 \{.*socket/, "the answer of echo, which the client did not expect");
});
