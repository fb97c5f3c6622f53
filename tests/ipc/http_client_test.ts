/** The client of HTTP/1.1 against answers as they may come: in any pieces, broken off, or no HTTP at all. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Connection, createHttpClient } from "../../lib/ipc/http_client.ts";
import { HttpError } from "../../lib/ipc/http_message.ts";

const url = new URL("http://localhost/a?b=c");
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A server that answers each connection with the next of `answers`, in pieces, and hears what was sent. */
function fakeServer(
  answers: readonly (readonly Uint8Array[])[],
  options: { hangs?: boolean } = {},
) {
  const sent: string[] = [];
  let opened = 0;
  let closed = 0;
  const connect = (): Promise<Connection> => {
    const at = opened++;
    const pieces = [...answers[at] ?? []];
    let interrupt = () => {};
    sent.push("");
    return Promise.resolve({
      read(into) {
        const piece = pieces.shift();
        if (piece) {
          into.set(piece);
          return Promise.resolve(piece.length);
        }
        if (!options.hangs) return Promise.resolve(null);
        return new Promise((_resolve, reject) => {
          interrupt = () => reject(new Deno.errors.Interrupted("closed"));
        });
      },
      write(bytes) {
        // Not all at once: a socket takes what it has room for.
        const taken = bytes.subarray(0, 700);
        sent[at] += new TextDecoder("latin1").decode(taken);
        return Promise.resolve(taken.length);
      },
      close() {
        closed++;
        interrupt();
      },
    });
  };
  return { connect, sent, opened: () => opened, closed: () => closed };
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map((place) => place % bytes.length))].sort((a, b) => a - b);
  return [0, ...places].map((place, index) => bytes.slice(place, places[index]))
    .filter((piece) => piece.length > 0);
}

const someBody = fc.uint8Array({ maxLength: 300 });
const cuts = fc.array(fc.nat(1000), { maxLength: 8 });

Deno.test("a body of announced length comes whole, in whatever pieces it is sent", async () => {
  await fc.assert(fc.asyncProperty(someBody, cuts, async (body, at) => {
    const head = bytesOf(`HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: ${body.length}\r\n\r\n`);
    const server = fakeServer([cut(new Uint8Array([...head, ...body]), at)]);
    const client = createHttpClient(server.connect);
    const response = await client.fetch(url, {});
    assert.equal(response.headers.get("x-a"), "1");
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), new Uint8Array(body));
    client.close();
    assert.equal(server.closed(), 1);
  }));
});

Deno.test("a body in chunks comes whole, in whatever pieces it is sent", async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(chunks, cuts, fc.boolean(), async (parts, at, hasTrailer) => {
    const whole = [...bytesOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")];
    for (const part of parts) {
      whole.push(...bytesOf(`${part.length.toString(16)};x=y\r\n`), ...part, ...bytesOf("\r\n"));
    }
    whole.push(...bytesOf(`0\r\n${hasTrailer ? "A: b\r\n" : ""}\r\n`));
    const client = createHttpClient(fakeServer([cut(new Uint8Array(whole), at)]).connect);
    const response = await client.fetch(url, {});
    const expected = new Uint8Array(parts.flatMap((part) => [...part]));
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), expected);
    client.close();
  }));
});

Deno.test("a body without a length ends with the connection", async () => {
  const server = fakeServer([[bytesOf("HTTP/1.1 200 OK\r\n\r\nab"), bytesOf("c")]]);
  const client = createHttpClient(server.connect);
  assert.equal(await (await client.fetch(url, {})).text(), "abc");
  assert.equal(server.closed(), 1);
});

Deno.test("what has no body has none, and interim responses are passed over", async () => {
  const answers = [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", // to HEAD
  ];
  const server = fakeServer([answers.map(bytesOf)]);
  const client = createHttpClient(server.connect);
  assert.equal((await client.fetch(url, {})).status, 204);
  const response = await client.fetch(url, { method: "HEAD" });
  assert.deepEqual([response.status, response.body], [200, null]);
  assert.equal(server.opened(), 1, "the connection is used again");
  client.close();
});

Deno.test("a request is sent once, with its length or in chunks, and nothing can be smuggled into it", async () => {
  const empty = [bytesOf("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")];
  const server = fakeServer([empty, empty, empty]);
  const client = createHttpClient(server.connect);
  const body = "u".repeat(2000);
  await client.fetch(url, { method: "POST", body, headers: { "content-length": "1" } });
  await client.fetch(url, { method: "POST", body: new Blob(["hello"]).stream() });
  await client.fetch(new URL("http://localhost/a\r\nb c"), {});
  const [first = "", second = "", third = ""] = server.sent;
  assert.match(first, /^POST \/a\?b=c HTTP\/1\.1\r\n/);
  assert.match(first, /\r\ncontent-length: 2000\r\n/);
  assert(first.endsWith(`\r\n\r\n${body}`));
  assert.equal(first.match(/content-length/g)?.length, 1);
  assert.match(second, /\r\ntransfer-encoding: chunked\r\n[^]*\r\n5\r\nhello\r\n0\r\n\r\n$/);
  assert.match(third, /^GET \/ab%20c HTTP/);
  await assert.rejects(client.fetch(url, { headers: { a: "b\r\nc: d" } }), TypeError);
  assert.equal(server.closed(), 4);
});

Deno.test("an answer that breaks off, goes on too long, or is no HTTP is an error, and its connection is closed", async () => {
  const broken = [
    "",
    "HTTP/1.1 200",
    "SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd",
    "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabcd",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(2000)}`,
    `HTTP/1.1 200 OK\r\nA: ${"x".repeat(70_000)}`,
  ];
  for (const answer of broken) {
    const pieces = answer.match(/[^]{1,30000}/g) ?? [];
    const server = fakeServer([pieces.map(bytesOf)]);
    const client = createHttpClient(server.connect);
    await assert.rejects(async () => await (await client.fetch(url, {})).text(), HttpError, answer);
    assert.equal(server.closed(), 1, answer);
  }
});

Deno.test("whatever comes, it is an answer or an error", async () => {
  const words = [
    "HTTP/1.1 200 OK\r\n",
    "\r\n",
    "Content-Length: 2\r\n",
    "0\r\n",
    "1\r\na\r\n",
    "é",
  ];
  const more = ["Transfer-Encoding: chunked\r\n", "HTTP/1.1 100 A\r\n\r\n", "HTTP/1.1 999 A\r\n"];
  const text = fc.array(fc.constantFrom(...words, ...more), { maxLength: 8 });
  await fc.assert(fc.asyncProperty(text, async (parts) => {
    const client = createHttpClient(fakeServer([parts.map(bytesOf)]).connect);
    try {
      await (await client.fetch(url, {})).arrayBuffer();
    } catch (error) {
      assert(error instanceof HttpError, String(error));
    }
    client.close();
  }));
});

Deno.test("a signal ends a request before, during and after the head; its reason is what the caller is told", async () => {
  const reason = new Error("enough");
  const head = bytesOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  for (const pieces of [[], [head]]) {
    const server = fakeServer([pieces], { hangs: true });
    const client = createHttpClient(server.connect);
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 1);
    const whole = client.fetch(url, { signal: abort.signal }).then((response) => response.text());
    await assert.rejects(whole, reason);
    assert.equal(server.closed(), 1);
  }
  const server = fakeServer([]);
  const signal = AbortSignal.abort(reason);
  await assert.rejects(createHttpClient(server.connect).fetch(url, { signal }), reason);
  assert.equal(server.opened(), 0);
});

Deno.test("a body that is cancelled, and a client that is closed, close the connection", async () => {
  const head = bytesOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  const server = fakeServer([[head], [head]], { hangs: true });
  const client = createHttpClient(server.connect);
  const first = await client.fetch(url, {});
  await first.body?.cancel();
  assert.equal(server.closed(), 1);
  const second = await client.fetch(url, {});
  const text = second.text();
  client.close();
  await assert.rejects(text);
  assert.equal(server.closed(), 2);
});

Deno.test("a connection that is on its way when the client is closed is closed, too, and later ones are not opened", async () => {
  const server = fakeServer([[]]);
  const arrived = Promise.withResolvers<void>();
  const client = createHttpClient(async () => {
    const connection = await server.connect();
    await arrived.promise;
    return connection;
  });
  const sent = client.fetch(url, {});
  client.close();
  arrived.resolve();
  await assert.rejects(sent, HttpError);
  assert.deepEqual([server.opened(), server.closed(), server.sent[0]], [1, 1, ""]);
  await assert.rejects(client.fetch(url, {}), HttpError);
  assert.equal(server.opened(), 1);
});
