/** What the bridge does with the messages of a client, and with a core that fails in every way. */
import assert from "node:assert/strict";
import { NoCoreError } from "../../lib/client/connect.ts";
import { ChannelError, type ChannelFault } from "../../lib/ipc/channel.ts";
import { until } from "../support/until.ts";
import {
  type Answer,
  type Asked,
  BridgeUnderTest,
  eventStream,
  initialize,
  legacyCore,
  result,
  silence,
  transportTo,
} from "./harness.ts";

const revision = "io.modelcontextprotocol/protocolVersion";
const modern = { _meta: { [revision]: "2026-07-28" } };

function bridgeTo(answer: Answer): BridgeUnderTest {
  return new BridgeUnderTest({ connect: () => Promise.resolve(transportTo(answer)) });
}

function fault(name: ChannelFault): ChannelError {
  return new ChannelError(name, `it is ${name}`, "Wait.");
}

Deno.test("a message of the 2026 era goes as it was written, with the headers that its era wants", async () => {
  const asked: Asked[] = [];
  const bridge = bridgeTo((request) => {
    asked.push(request);
    return result(request);
  });
  const text = `{"jsonrpc": "2.0", "id": 7, "method": "tools/call",  "params":` +
    `{"name":"ä b","arguments":{"n":1.0,"big":12345678901234567890},"_meta":{"${revision}":"2026-07-28"}}}`;
  bridge.say(text);
  await bridge.response(7);
  const [{ headers, body, path }] = asked as [Asked];
  assert.equal(path, "/mcp");
  assert.equal(body, text);
  assert.equal(headers.get("mcp-protocol-version"), "2026-07-28");
  assert.equal(headers.get("mcp-method"), "tools/call");
  assert.equal(headers.get("mcp-name"), "=?base64?w6QgYg==?=");
  assert.equal(headers.get("mcp-session-id"), null);
  await bridge.end();
});

Deno.test("what the core answers goes on as it was written, on one line", async () => {
  const texts = ['{"jsonrpc":"2.0",', '"id":1,"result":{"n":1.0,"big":12345678901234567890}}'];
  const bridge = bridgeTo(() =>
    new Response(texts.map((text) => `data: ${text}\n`).join("") + "\n", {
      headers: { "content-type": "text/event-stream" },
    })
  );
  bridge.request(1, "tools/list", modern);
  await bridge.response(1);
  assert.deepEqual(bridge.lines, [texts.join(" ")]);
  await bridge.end();
});

Deno.test("the messages of a session wait for its opening, and belong to it", async () => {
  const opening = Promise.withResolvers<void>();
  const asked: Asked[] = [];
  const core = legacyCore((request) => result(request));
  const bridge = bridgeTo(async (request) => {
    asked.push(request);
    if (request.message?.method === "initialize") await opening.promise;
    return await core(request);
  });
  bridge.request("init", "initialize", { protocolVersion: "2025-11-25" });
  bridge.notify("notifications/initialized");
  bridge.request(1, "tools/list");
  await until(() => asked.length === 1, "the first is asked");
  opening.resolve();
  await bridge.response(1);
  const methods = asked.filter(({ method }) => method === "POST")
    .map(({ message }) => message.method);
  assert.deepEqual(methods, ["initialize", "notifications/initialized", "tools/list"]);
  assert.equal(asked.at(-1)!.headers.get("mcp-session-id"), "session-1");
  assert.equal(asked.at(-1)!.headers.get("mcp-protocol-version"), "2025-11-25");
  await bridge.end();
  assert.equal(core.sessions.size, 0, "the session is deleted");
});

Deno.test("a session that the core has forgotten is opened anew once, and the client is told to look again", async () => {
  const core = legacyCore((request) => result(request, { session: core.opened }));
  const bridge = bridgeTo(core);
  await initialize(bridge);
  core.sessions.clear();
  for (let id = 0; id < 20; id++) bridge.request(id, "tools/call", { name: "x" });
  for (let id = 0; id < 20; id++) {
    assert.deepEqual((await bridge.response(id)).result, { session: 2 });
  }
  assert.equal(core.opened, 2);
  const told = bridge.messages().filter(({ method }) => method);
  assert.deepEqual(told, [{ jsonrpc: "2.0", method: "notifications/tools/list_changed" }]);
  assert.equal(bridge.messages().filter(({ id }) => id === "init").length, 1);
  await bridge.end();
});

const breaks: [name: string, answer: Answer][] = [
  ["the channel is lost", () => Promise.reject(fault("lost"))],
  ["its stream ends without an answer", () => eventStream([])],
  ["its stream breaks", () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("cut")) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }],
];
for (const [name, broken] of breaks) {
  Deno.test(`when ${name}, a call is not repeated and a list is`, async () => {
    const asked: string[] = [];
    const bridge = bridgeTo((request) => {
      asked.push(request.message.method);
      const isFirst = asked.filter((method) => method === request.message.method).length === 1;
      return isFirst ? broken(request) : result(request);
    });
    bridge.request(1, "tools/call", { name: "x", ...modern });
    const { error } = await bridge.response(1);
    assert.equal(error.code, -32000);
    assert.match(error.message, /may have been carried out, so it was not repeated/);
    bridge.request(2, "tools/list", modern);
    assert((await bridge.response(2)).result);
    assert.deepEqual(asked, ["tools/call", "tools/list", "tools/list"]);
    await bridge.end();
  });
}

for (const name of ["absent", "refused", "busy"] as const) {
  Deno.test(`a call that was never delivered (${name}) goes to the core that comes next`, async () => {
    let cores = 0;
    const bridge = new BridgeUnderTest({
      connect: () => {
        const number = ++cores;
        return Promise.resolve(transportTo((request) => {
          if (number < 3) throw fault(name);
          return result(request, { number });
        }));
      },
    });
    bridge.request(1, "tools/call", { name: "x", ...modern });
    assert.deepEqual((await bridge.response(1)).result, { number: 3 });
    await bridge.end();
  });
}

Deno.test("a core that cannot be trusted is not asked again, and the client learns why", async () => {
  let asked = 0;
  const bridge = bridgeTo(() => {
    asked++;
    throw fault("untrusted");
  });
  bridge.request(1, "tools/list", modern);
  assert.equal((await bridge.response(1)).error.message, "it is untrusted. Wait.");
  assert.equal(asked, 1);
  await bridge.end();
});

Deno.test("a core that is going, or has no room, is asked again", async () => {
  let asked = 0;
  const bridge = bridgeTo((request) =>
    ++asked === 1
      ? Response.json({ jsonrpc: "2.0", id: null, error: { code: -32000, message: "going" } }, {
        status: 503,
      })
      : result(request)
  );
  bridge.request(1, "tools/call", { name: "x", ...modern });
  assert((await bridge.response(1)).result);
  await bridge.end();
});

Deno.test("an error by HTTP status becomes the error of its request", async () => {
  const answers: [Response, { code: number; message: string }][] = [
    [
      Response.json({ jsonrpc: "2.0", id: null, error: { code: -32600, message: "deep" } }, {
        status: 400,
      }),
      { code: -32600, message: "deep" },
    ],
    [
      Response.json({ success: false, error: "no key", request_id: "r" }, { status: 401 }),
      { code: -32000, message: "no key" },
    ],
    [
      new Response("<html>", { status: 500 }),
      { code: -32000, message: "mcpproxy answered with the HTTP status 500" },
    ],
  ];
  let next = 0;
  const bridge = bridgeTo(() => answers[next++]![0]);
  for (const [index, [, error]] of answers.entries()) {
    bridge.request(index, "tools/list", modern);
    assert.deepEqual((await bridge.response(index)).error, error);
  }
  await bridge.end();
});

Deno.test("cancelled: in the 2026 era by the end of its connection, without an answer", async () => {
  const asked: Asked[] = [];
  const bridge = bridgeTo((request) => {
    asked.push(request);
    return silence(request);
  });
  bridge.request("a", "tools/call", { name: "x", ...modern });
  await until(() => asked.length === 1, "the core has it");
  bridge.notify("notifications/cancelled", { requestId: "a", ...modern });
  await until(() => asked[0]!.signal.aborted, "its connection is closed");
  await bridge.end();
  assert.deepEqual(bridge.lines, []);
  assert.equal(asked.length, 1);
});

Deno.test("cancelled: in the 2025 era by a notification that does not overtake its request", async () => {
  const order: string[] = [];
  let close = () => {};
  const core = legacyCore(async ({ message }) => {
    if (message.method === "notifications/cancelled") {
      order.push("cancelled");
      close();
      return new Response(null, { status: 202 });
    }
    order.push("asked");
    await new Promise((resolve) => setTimeout(resolve, 50)); // the core is slow to take it
    order.push("taken");
    const body = new ReadableStream({ start: (stream) => void (close = () => stream.close()) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const bridge = bridgeTo(core);
  await initialize(bridge);
  bridge.request(1, "tools/call", { name: "x" });
  await until(() => order.length === 1, "it is on its way");
  bridge.notify("notifications/cancelled", { requestId: 1 });
  bridge.notify("notifications/cancelled", { requestId: "unknown" });
  await until(() => order.length === 3, "both are there");
  assert.deepEqual(order, ["asked", "taken", "cancelled"]);
  await bridge.end();
  assert.deepEqual(bridge.messages().map(({ id }) => id), ["init"]);
});

Deno.test("a call that is given up before there is a core is not sent", async () => {
  const asked: string[] = [];
  const ready = Promise.withResolvers<void>();
  const core = legacyCore((request) => {
    asked.push(request.message.id);
    return result(request);
  });
  const bridge = new BridgeUnderTest({
    connect: async () => {
      await ready.promise;
      return transportTo(core);
    },
  });
  bridge.request("init", "initialize", { protocolVersion: "2025-11-25" });
  bridge.notify("notifications/initialized");
  bridge.request("given up", "tools/call", { name: "x" });
  bridge.request("also given up", "tools/call", { name: "x", ...modern });
  bridge.request("wanted", "tools/call", { name: "x" });
  bridge.notify("notifications/cancelled", { requestId: "given up" });
  bridge.notify("notifications/cancelled", { requestId: "also given up", ...modern });
  bridge.say("garbage"); // its answer tells that all before it has been read
  await bridge.response(null);
  ready.resolve();
  await bridge.response("wanted");
  await bridge.end();
  assert.deepEqual(asked, ["wanted"]);
});

Deno.test("a subscription goes on over a restart, and the client hears once that it must look again", async () => {
  const acknowledge = (id: unknown) => ({
    jsonrpc: "2.0",
    method: "notifications/subscriptions/acknowledged",
    params: {
      notifications: { toolsListChanged: true },
      _meta: { "io.modelcontextprotocol/subscriptionId": id },
    },
  });
  let opened = 0;
  const bridge = bridgeTo((request) => {
    const { id } = request.message;
    // The first core ends in order, which it says; the second one is lost; the third stays.
    if (++opened === 1) {
      return eventStream([acknowledge(id), {
        jsonrpc: "2.0",
        id,
        result: { resultType: "complete" },
      }]);
    }
    if (opened === 2) return Promise.reject(fault("lost"));
    const { signal } = request;
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(
          new TextEncoder().encode(`data: ${JSON.stringify(acknowledge(id))}\n\n`),
        );
        signal.addEventListener("abort", () => controller.error(signal.reason), { once: true });
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const notifications = { toolsListChanged: true };
  bridge.request("sub", "subscriptions/listen", { notifications, ...modern });
  await until(() => bridge.lines.length === 2, "it is open again");
  assert.deepEqual(bridge.messages(), [acknowledge("sub"), {
    jsonrpc: "2.0",
    method: "notifications/tools/list_changed",
    params: { _meta: { "io.modelcontextprotocol/subscriptionId": "sub" } },
  }]);
  await bridge.end();
  assert.equal(opened, 3);
});

Deno.test("a subscription to nothing ends as the core ends it", async () => {
  let opened = 0;
  const bridge = bridgeTo(({ message: { id } }) => {
    opened++;
    return eventStream([
      {
        jsonrpc: "2.0",
        method: "notifications/subscriptions/acknowledged",
        params: { notifications: {} },
      },
      { jsonrpc: "2.0", id, result: { resultType: "complete" } },
    ]);
  });
  bridge.request("sub", "subscriptions/listen", { notifications: {}, ...modern });
  assert((await bridge.response("sub")).result);
  await bridge.end();
  assert.equal(opened, 1);
});

Deno.test("requests of the core are answered by the client", async () => {
  const answers: unknown[] = [];
  const core = legacyCore(({ message }) => {
    if (!message.method) {
      answers.push(message);
      return new Response(null, { status: 202 });
    }
    const ping = { jsonrpc: "2.0", id: "from the core", method: "ping" };
    return eventStream([ping, { jsonrpc: "2.0", id: message.id, result: {} }]);
  });
  const bridge = bridgeTo(core);
  await initialize(bridge);
  bridge.request(1, "tools/call", { name: "x" });
  await bridge.response(1);
  assert(bridge.messages().some(({ method }) => method === "ping"));
  const answer = { jsonrpc: "2.0", id: "from the core", result: {} };
  bridge.say(answer);
  await until(() => answers.length === 1, "the core has the answer");
  assert.deepEqual(answers, [answer]);
  await bridge.end();
});

Deno.test("without a core the first request says so, and the bridge ends with the reason", async () => {
  const bridge = new BridgeUnderTest({
    connect: () => Promise.reject(new NoCoreError("/data")),
  });
  bridge.request(1, "subscriptions/listen", { notifications: {}, ...modern });
  assert.match((await bridge.response(1)).error.message, /No mcpproxy core is running for \/data/);
  await assert.rejects(bridge.ended, NoCoreError);
});

Deno.test("told to stop, it waits for no answer", async () => {
  const asked: Asked[] = [];
  const bridge = bridgeTo((request) => {
    asked.push(request);
    return silence(request);
  });
  bridge.request(1, "tools/call", { name: "x", ...modern });
  await until(() => asked.length === 1, "the core has it");
  await bridge.stop();
  assert(asked[0]!.signal.aborted);
  assert.deepEqual(bridge.lines, []);
});

Deno.test("a slow call holds no other up, and no more than a thousand are there at once", async () => {
  let most = 0;
  let now = 0;
  const release = Promise.withResolvers<void>();
  const bridge = bridgeTo(async (request) => {
    most = Math.max(most, ++now);
    if (request.message.params.name !== "quick") await release.promise;
    now--;
    return result(request);
  });
  bridge.request("first", "tools/call", { name: "slow", ...modern });
  bridge.request("quick", "tools/call", { name: "quick", ...modern });
  await bridge.response("quick");
  for (let id = 0; id < 1_500; id++) bridge.request(id, "tools/call", { name: "slow", ...modern });
  await until(() => now === 1_000, "as many as may be");
  release.resolve();
  await bridge.end();
  assert.equal(bridge.lines.length, 1_502);
  assert.equal(most, 1_000);
});
