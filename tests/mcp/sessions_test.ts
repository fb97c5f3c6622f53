import assert from "node:assert/strict";
import { createServer } from "../../lib/mcp/server.ts";
import { createSessions, type SessionLimits } from "../../lib/mcp/sessions.ts";
import type { CallContext, View } from "../../lib/mcp/view.ts";
import { FakeUpstreams, tool } from "./fake_upstreams.ts";
import { until, withEndpoint } from "./harness.ts";
import {
  initialize,
  lastMessage,
  legacyRequest,
  type Message,
  messages,
  openSession,
} from "./raw.ts";

const ping = { jsonrpc: "2.0", id: 5, method: "ping" };

Deno.test("a session lives until its client deletes it", async () => {
  await withEndpoint(new FakeUpstreams(), async (served) => {
    const session = await openSession(served, "/mcp");
    assert.match(session.id, /^[0-9a-f-]{36}$/);
    assert.equal(served.endpoint.sessions(), 1);
    assert.deepEqual((await lastMessage(await session.post(ping))).result, {});
    const deleted = await served.fetch(`${served.origin}/mcp`, {
      method: "DELETE",
      headers: { "mcp-session-id": session.id },
    });
    await deleted.body?.cancel();
    assert.equal(deleted.status, 200);
    assert.equal(served.endpoint.sessions(), 0);
    assert.equal((await session.post(ping).then(discard)).status, 404);
  });
});

Deno.test("an unknown session is answered 404, so that the client initializes anew", async () => {
  await withEndpoint(new FakeUpstreams(), async (served) => {
    const response = await served.fetch(
      legacyRequest(`${served.origin}/mcp`, ping, crypto.randomUUID()),
    );
    assert.equal(response.status, 404);
    const { error, id } = await response.json();
    assert.equal(error.code, -32001);
    assert.equal(id, 5);
  });
});

Deno.test("a session is known only at the path it was opened on", async () => {
  await withEndpoint(new FakeUpstreams(), async (served) => {
    const session = await openSession(served, "/mcp/all");
    for (const path of ["/mcp", "/mcp/call"]) {
      const response = await served.fetch(legacyRequest(served.origin + path, ping, session.id));
      assert.equal((await discard(response)).status, 404);
    }
    assert.equal((await session.post(ping).then(discard)).status, 200);
  });
});

Deno.test("a request without a session opens none unless it initializes", async () => {
  await withEndpoint(new FakeUpstreams(), async (served) => {
    const url = `${served.origin}/mcp`;
    for (const body of [ping, [initialize], { ...initialize, params: {} }]) {
      assert.equal((await served.fetch(legacyRequest(url, body)).then(discard)).status, 400);
    }
    const stream = await served.fetch(url, { headers: { accept: "text/event-stream" } });
    assert.equal((await discard(stream)).status, 400);
    const refused = await served.fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(initialize),
    });
    assert.equal((await discard(refused)).status, 406);
    assert.equal(served.endpoint.sessions(), 0);
  });
});

Deno.test("a stream that drops leaves the session, and another can be opened", async () => {
  await withEndpoint(new FakeUpstreams(), async (served) => {
    const session = await openSession(served, "/mcp");
    for (let n = 0; n < 5; n++) {
      let stream = await session.stream();
      // Until the end of the last one has been seen, the SDK refuses a second stream.
      await until(async () => {
        if (stream.ok) return true;
        await stream.body?.cancel();
        stream = await session.stream();
      }, "stream");
      await stream.body?.cancel();
    }
    assert.equal(served.endpoint.sessions(), 1);
  });
});

Deno.test("2025: the stream of a cancelled call ends, without a response", async () => {
  const upstreams = new FakeUpstreams({
    s: { tools: [tool("t")], call: () => new Promise(() => {}) },
  });
  await withEndpoint(upstreams, async (served) => {
    const session = await openSession(served, "/mcp/all");
    const call = (id: number) => ({
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name: "s__t" },
    });
    const cancel = (id: number) => ({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: id },
    });
    const single = await session.post(call(1));
    const batch = await session.post([call(2), { ...ping, id: 3 }]);
    await session.post(cancel(1)).then(discard);
    await session.post(cancel(2)).then(discard);
    assert.deepEqual(await lastMessage(single), {});
    // The others of a batch still get their answers, so there the cancelled one gets one, too.
    assert.deepEqual((await lastMessage(batch)).error, {
      code: -32000,
      message: "Request cancelled",
    });
    assert.deepEqual((await lastMessage(await session.post(ping))).result, {});
  });
});

Deno.test("a session that is deleted ends the calls in it", async () => {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const upstreams = new FakeUpstreams({
    s: {
      tools: [tool("t")],
      call: (_tool, _args, { signal }) => {
        signal?.addEventListener("abort", () => aborted.resolve());
        started.resolve();
        return new Promise(() => {});
      },
    },
  });
  await withEndpoint(upstreams, async (served) => {
    const session = await openSession(served, "/mcp/all");
    const call = await session.post({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "s__t" },
    });
    await started.promise;
    await served.fetch(`${served.origin}/mcp/all`, {
      method: "DELETE",
      headers: { "mcp-session-id": session.id },
    }).then(discard);
    await aborted.promise;
    assert.deepEqual(await lastMessage(call), {});
  });
});

Deno.test("a batch is answered whole, one of more than 100 messages refused", async () => {
  await withEndpoint(new FakeUpstreams(), async (served) => {
    const session = await openSession(served, "/mcp");
    const batch = (size: number) => Array.from({ length: size }, (_, id) => ({ ...ping, id }));
    const ids = [];
    for await (const { id } of messages(await session.post(batch(100)))) ids.push(id);
    assert.deepEqual(ids, batch(100).map(({ id }) => id));
    const refused = await session.post(batch(101));
    assert.equal(refused.status, 400);
    assert.equal((await refused.json()).error.code, -32600);
  });
});

const view: View = {
  instructions: "",
  list: () => [],
  call: () => Promise.resolve({ content: [] }),
  close: () => {},
};

/** Sessions apart from an endpoint, with limits of their own. */
async function withSessions(
  limits: SessionLimits,
  use: (
    post: (body: unknown, session?: string) => Promise<Response>,
    count: () => number,
  ) => Promise<void>,
  call: View["call"] = view.call,
): Promise<void> {
  const sessions = createSessions(limits, () => createServer({ ...view, call }, "1", "legacy"));
  try {
    const post = (body: unknown, session?: string) =>
      sessions.handle(legacyRequest("http://localhost/mcp", body, session), body, "/mcp");
    await use(post, sessions.count);
  } finally {
    await sessions.close();
    assert.equal(sessions.count(), 0);
  }
}

const open = async (post: (body: unknown) => Promise<Response>): Promise<string> => {
  const response = await discard(await post(initialize));
  return response.headers.get("mcp-session-id") ?? "";
};

Deno.test("when all sessions are taken the one idle for the longest makes room", async () => {
  await withSessions({ count: 3, idle: 60_000 }, async (post, count) => {
    const [first, second, third] = [await open(post), await open(post), await open(post)];
    await discard(await post(ping, first));
    const fourth = await open(post);
    assert.equal(count(), 3);
    const statuses = [];
    for (const id of [first, second, third, fourth]) {
      statuses.push((await discard(await post(ping, id))).status);
    }
    assert.deepEqual(statuses, [200, 404, 200, 200]);
  });
});

Deno.test("a session with a call under way is not ended for another", async () => {
  const finish = Promise.withResolvers<void>();
  const call = async (_name: string, _args: unknown, _context: CallContext) => {
    await finish.promise;
    return { content: [] };
  };
  await withSessions({ count: 1, idle: 20 }, async (post, count) => {
    const id = await open(post);
    const response = await post({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "t" },
    }, id);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(count(), 1, "nor for being idle");
    const refused = await post(initialize);
    assert.equal(refused.status, 503);
    assert.match((await refused.json()).error.message, /sessions are in use/);
    finish.resolve();
    assert.deepEqual((await lastMessage(response)).result as Message, { content: [] });
  }, call);
});

Deno.test("a session that is idle for long ends", async () => {
  await withSessions({ count: 10, idle: 30 }, async (post, count) => {
    const id = await open(post);
    await until(() => count() === 0, "end of the session");
    assert.equal((await discard(await post(ping, id))).status, 404);
  });
});

async function discard(response: Response): Promise<Response> {
  await response.body?.cancel();
  return response;
}
