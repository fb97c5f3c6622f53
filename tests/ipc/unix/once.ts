/** At most once: what is not GET or HEAD is not carried out twice, though fetch sends it again by itself. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RequestHandler } from "../../../lib/ipc/listener.ts";
import { openUnixChannel } from "../../../lib/ipc/channel_unix.ts";
import { onceHeader } from "../../../lib/ipc/once.ts";
import { sessionHeader, sessionWanted } from "../../../lib/ipc/sessions.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { until } from "../../support/until.ts";
import { listen, RawConnection, sockets, startServer } from "../helper.ts";
import { serveByHand } from "./by_hand.ts";

function open(path: string) {
  const channel = openUnixChannel(path, "test/1");
  return { ...channel, [Symbol.dispose]: () => channel.close() };
}

/** Notes what it carries out, by method and body. */
function notes(): { handler: RequestHandler; carriedOut: string[] } {
  const carriedOut: string[] = [];
  const handler: RequestHandler = async (request, { responseHeaders }) => {
    carriedOut.push(`${request.method} ${await request.text()}`);
    return new Response("done", { headers: { ...responseHeaders } });
  };
  return { handler, carriedOut };
}

Deno.test("a number that comes again in its session is refused, on whatever connection", async () => {
  const { handler, carriedOut } = notes();
  await using test = listen(handler);
  using one = await RawConnection.open(test.path);
  using other = await RawConnection.open(test.path);
  const newSession = async () =>
    (await one.request("/", { [sessionHeader]: sessionWanted })).headers.get(sessionHeader)!;
  const sessions = [await newSession(), await newSession()];
  carriedOut.length = 0;
  for (const session of sessions) { // each counts for itself
    for (const [number, status] of [["2", 200], ["2", 409], ["1", 200], ["1", 409], ["x", 409]]) {
      for (const connection of [one, other]) {
        const headers = { [sessionHeader]: session, [onceHeader]: `${number}` };
        const answer = await connection.request("/", headers, "POST");
        const expected = connection === one ? status : 409;
        assert.equal(answer.status, expected);
        assert.equal(answer.headers.get(onceHeader), expected === 409 ? "seen" : null);
      }
    }
  }
  assert.equal(carriedOut.length, 4);
});

Deno.test("a number in a session that this core does not know is refused, with a new session", async () => {
  const { handler, carriedOut } = notes();
  await using test = listen(handler);
  using connection = await RawConnection.open(test.path);
  for (const session of [`1.${"0".repeat(64)}`, "", sessionWanted, undefined]) {
    const headers = { [onceHeader]: "1", ...session !== undefined && { [sessionHeader]: session } };
    const answer = await connection.request("/", headers, "POST");
    assert.deepEqual([answer.status, answer.headers.get(onceHeader)], [409, "unknown-session"]);
    assert.equal(answer.headers.get(sessionHeader) !== null, session !== undefined);
  }
  assert.deepEqual(carriedOut, []);
});

Deno.test("also beside a stranger it is refused, and not answered that it may be sent again", async () => {
  let stranger: string | null = null;
  await using test = listen(() => assert.fail("was carried out"), {
    ...sockets,
    credentials: (descriptor) => {
      const real = sockets.credentials(descriptor);
      return real && sockets.identity(descriptor) === stranger ? { ...real, uid: 54321 } : real;
    },
    shutdown: () => true,
  });
  const connections = () =>
    sockets.connected().filter((socket) => socket.family === "unix" && socket.path === test.path);
  using _other = await RawConnection.open(test.path);
  await until(() => connections().length === 1, "the stranger is there");
  stranger = sockets.identity(connections()[0]!.descriptor);
  using own = await RawConnection.open(test.path);
  const headers = { [onceHeader]: "1", [sessionHeader]: `1.${"0".repeat(64)}` };
  const answer = await own.request("/", headers, "POST");
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [409, null]);
});

Deno.test("a POST is carried out once if the connection dies after it was delivered, and is lost", async () => {
  const { handler, carriedOut } = notes();
  await using core = listen(handler);
  using folder = temporaryFolder();
  const path = join(folder.path, "s");
  using toCore = await RawConnection.open(core.path);
  const first = await toCore.request("/", { [sessionHeader]: sessionWanted });
  const session = first.headers.get(sessionHeader)!;
  // Stands between channel and core, and loses each answer to a POST but those that refuse it.
  await using relay = serveByHand(path, async (request) => {
    await toCore.write(request.replace("1.hand", session));
    const { status, headers, body } = await toCore.answer();
    if (!request.startsWith("GET") && status === 200) return null;
    const refusal = headers.get(onceHeader);
    const more = refusal === null ? "" : `${onceHeader}: ${refusal}\r\n`;
    return `HTTP/1.1 ${status} X\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
  });
  using channel = open(path);
  carriedOut.length = 0;
  const expected = [];
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    for (let times = 0; times < 5; times++) {
      await (await channel.fetch("/")).text(); // leaves a connection in the pool
      const sending = channel.fetch("/", { method, body: `${times}` });
      await assert.rejects(sending, { name: "ChannelError", fault: "lost" });
      expected.push("GET ", `${method} ${times}`);
    }
  }
  assert.deepEqual(carriedOut, expected);
  assert(relay.requests.length >= expected.length);
});

Deno.test("many at once are all carried out, each once", async () => {
  const { handler, carriedOut } = notes();
  await using test = listen(handler);
  using channel = open(test.path);
  const all = Array.from({ length: 300 }, (_, index) => `${index}`);
  for (let round = 0; round < 2; round++) {
    carriedOut.length = 0;
    await Promise.all(all.map(async (body) => {
      const response = await channel.fetch("/", { method: "POST", body });
      assert.equal(response.status, 200);
      await response.text();
    }));
    const posted = carriedOut.filter((what) => what.startsWith("POST"));
    assert.deepEqual(posted.toSorted(), all.map((body) => `POST ${body}`).toSorted());
  }
});

Deno.test("one after the other go over one connection", async () => {
  const { handler, carriedOut } = notes();
  await using test = listen(handler);
  using channel = open(test.path);
  for (let times = 0; times < 20; times++) {
    await (await channel.fetch("/", { method: "POST" })).text();
  }
  assert.equal(carriedOut.filter((what) => what === "POST ").length, 20);
  assert(test.listener.connectionsSeen() <= 2);
});

Deno.test("a core that is killed before it answers carries out once what the next one is sent again", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  using channel = open(path);
  const carriedOut: string[] = [];
  await using cores = new AsyncDisposableStack();
  let core = cores.use(await startServer(path));
  for (let round = 0; round < 8; round++) {
    // What is lost ends the trust in the session: nothing that follows is.
    const counted = await channel.fetch("/count", { method: "POST", body: `${round}` });
    assert.equal(await counted.text(), "counted");
    const holding = channel.fetch("/hold", { method: "POST", body: `${round}` });
    const lost = assert.rejects(holding, { name: "ChannelError", fault: "lost" });
    carriedOut.push(await core.line("carried out"));
    const next = cores.use(await startServer(path)); // it takes the path, so what is sent again gets there
    core.kill("SIGKILL");
    await lost;
    await core.status;
    carriedOut.push(...core.lines.filter((line) => line.includes("carried out")).slice(1));
    core = next;
  }
  carriedOut.push(...core.lines.filter((line) => line.includes("carried out")));
  assert.deepEqual(carriedOut, Array.from({ length: 8 }, (_, round) => `carried out ${round}`));
});

Deno.test("a core that was killed and started again in between is not noticed by a POST", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  using channel = open(path);
  for (let start = 0; start < 3; start++) {
    await using core = await startServer(path);
    // Longer ago than an answer vouches for the session.
    if (start > 0) await new Promise((resolve) => setTimeout(resolve, 1100));
    for (let times = 0; times < 3; times++) {
      const response = await channel.fetch("/count", { method: "POST", body: "1" });
      assert.equal(await response.text(), "counted");
    }
    core.kill("SIGKILL");
    await core.status;
  }
});
