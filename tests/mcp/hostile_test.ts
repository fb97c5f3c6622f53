import assert from "node:assert/strict";
import fc from "fast-check";
import { createCallUpstream } from "../../lib/mcp/call.ts";
import { createMcpEndpoint, type McpEndpoint } from "../../lib/mcp/endpoint.ts";
import { createToolSearch } from "../../lib/tools/search.ts";
import { FakeUpstreams, tool } from "./fake_upstreams.ts";
import { withEndpoint } from "./harness.ts";
import { initialize, lastMessage, legacyRequest, type Message, modernRequest } from "./raw.ts";
import { anyText } from "../tools/any_text.ts";

const url = "http://localhost/mcp";
const limit = 16 * 1024 * 1024;

function endpointOf(upstreams = new FakeUpstreams({ s: { tools: [tool("t")] } })): McpEndpoint {
  return createMcpEndpoint({
    upstreams,
    search: createToolSearch(upstreams),
    callUpstream: createCallUpstream(upstreams),
    version: "1",
    toolsLimit: 15,
    routingMode: "retrieve_tools",
  });
}

async function withLocal(use: (endpoint: McpEndpoint) => Promise<void>): Promise<void> {
  const endpoint = endpointOf();
  try {
    await use(endpoint);
  } finally {
    await endpoint.close();
  }
}

/** Sends a request and gives the status and the error of the answer. */
async function refusal(endpoint: McpEndpoint, request: Request): Promise<[number, number]> {
  const response = await endpoint.fetch(request);
  const message = await lastMessage(response);
  assert.equal(message.jsonrpc, "2.0");
  return [response.status, (message.error as { code: number }).code];
}

Deno.test("requests that are not MCP are refused with a JSON-RPC error", async () => {
  await withLocal(async (endpoint) => {
    const post = (body: BodyInit, headers: Record<string, string> = {}) =>
      new Request(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...headers,
        },
      });
    const cases: [Request, number, number][] = [
      [post("{}", { "content-type": "text/plain" }), 415, -32000],
      [post("{}", { "content-type": "application/json-seq" }), 415, -32000],
      [post(""), 400, -32700],
      [post("{"), 400, -32700],
      [post("\u0000"), 400, -32700],
      [post(new Uint8Array([0xff, 0xfe, 0x80])), 400, -32700],
      [post("null"), 400, -32600],
      [post("1"), 400, -32600],
      [post("[]"), 400, -32600],
      [post('{"jsonrpc":"1.0","id":1,"method":"ping"}'), 400, -32600],
      [post('{"jsonrpc":"2.0","id":{},"method":"ping"}'), 400, -32600],
      [post('{"jsonrpc":"2.0","id":1,"method":"ping"}'), 400, -32000],
      [post("[".repeat(100_000)), 400, -32600],
      [post('{"a":'.repeat(100_000)), 400, -32600],
      [new Request(url, { method: "PUT" }), 405, -32000],
      [new Request(url, { method: "OPTIONS" }), 405, -32000],
      [new Request("http://localhost/mcp/code"), 404, -32000],
      [new Request("http://localhost/mcp/all/x"), 404, -32000],
    ];
    for (const [request, status, code] of cases) {
      assert.deepEqual(await refusal(endpoint, request), [status, code], `${status} ${code}`);
    }
    assert.equal(endpoint.sessions(), 0);
  });
});

Deno.test("a wrong protocol version is refused in both eras", async () => {
  await withLocal(async (endpoint) => {
    const headerOnly = legacyRequest(url, { jsonrpc: "2.0", id: 1, method: "tools/list" });
    headerOnly.headers.set("mcp-protocol-version", "2026-07-28");
    assert.deepEqual(await refusal(endpoint, headerOnly), [400, -32602]);

    const mismatch = modernRequest(url, "tools/list", {});
    mismatch.headers.set("mcp-protocol-version", "2025-11-25");
    assert.deepEqual(await refusal(endpoint, mismatch), [400, -32020]);

    const wrongMethod = modernRequest(url, "tools/list", {});
    wrongMethod.headers.set("mcp-method", "tools/call");
    assert.deepEqual(await refusal(endpoint, wrongMethod), [400, -32020]);

    const future = modernRequest(url, "tools/list", {
      _meta: { "io.modelcontextprotocol/protocolVersion": "2099-01-01" },
    });
    future.headers.set("mcp-protocol-version", "2099-01-01");
    assert.deepEqual(await refusal(endpoint, future), [400, -32022]);

    const opened = await endpoint.fetch(legacyRequest(url, initialize));
    await opened.text();
    const id = opened.headers.get("mcp-session-id") ?? "";
    const unsupported = legacyRequest(url, { jsonrpc: "2.0", id: 1, method: "ping" }, id);
    unsupported.headers.set("mcp-protocol-version", "1999-01-01");
    assert.deepEqual(await refusal(endpoint, unsupported), [400, -32000]);
  });
});

Deno.test("a body larger than 16 MiB is refused, whatever length it claims", async () => {
  await withEndpoint(new FakeUpstreams(), async ({ fetch, origin, endpoint }) => {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const chunk = new Uint8Array(1024 * 1024).fill(0x20);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++sent > 64) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const streamed = await fetch(`${origin}/mcp`, { method: "POST", headers, body: endless })
      .then(async (response) => {
        await response.body?.cancel();
        return response.status;
      }, () => "connection closed");
    assert.ok(streamed === 413 || streamed === "connection closed", String(streamed));
    assert.ok(sent < 64, "read to its end");

    const claimed = new Request(url, {
      method: "POST",
      headers: { ...headers, "content-length": String(limit + 1) },
      body: "{}",
    });
    assert.equal((await endpoint.fetch(claimed)).status, 413);

    const most = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { a: "" } });
    const full = most.replace('""', () => `"${"x".repeat(limit - most.length)}"`);
    assert.equal(full.length, limit);
    const accepted = await endpoint.fetch(legacyRequest(url, full));
    assert.equal((await accepted.json()).error.message, "Bad Request: no mcp-session-id header");
  });
});

Deno.test("wrong parameters are answered, not thrown", async () => {
  await withLocal(async (endpoint) => {
    const opened = await endpoint.fetch(legacyRequest(url, initialize));
    await opened.text();
    const id = opened.headers.get("mcp-session-id") ?? "";
    const cases: [string, Message | unknown[] | undefined, number][] = [
      ["tools/call", undefined, -32602],
      ["tools/call", {}, -32602],
      ["tools/call", { name: 7 }, -32602],
      ["tools/call", { name: "call_tool", arguments: [] }, -32602],
      ["tools/call", { name: "call_tool", arguments: "x" }, -32602],
      ["tools/call", { name: "no_such_tool" }, -32602],
      ["tools/call", { name: "__proto__" }, -32602],
      ["tools/list", { cursor: "x" }, -32602],
      ["resources/list", {}, -32601],
      ["prompts/get", { name: "x" }, -32601],
      ["logging/setLevel", { level: "info" }, -32601],
      ["no/such", {}, -32601],
      ["constructor", {}, -32601],
    ];
    for (const [method, params, code] of cases) {
      const legacy = await lastMessage(
        await endpoint.fetch(legacyRequest(url, { jsonrpc: "2.0", id: 1, method, params }, id)),
      );
      assert.equal((legacy.error as { code: number }).code, code, `legacy ${method}`);
      const modern = await lastMessage(
        await endpoint.fetch(modernRequest(url, method, { ...params })),
      );
      assert.equal((modern.error as { code: number }).code, code, `modern ${method}`);
    }
  });
});

/** JSON-RPC that is nearly right, and JSON that is not. */
const nearly = fc.oneof(
  fc.record({
    jsonrpc: fc.constantFrom("2.0", "2.0", "2.0", "1.0", 2),
    id: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.double(), fc.object()),
    method: fc.oneof(
      fc.constantFrom(
        "initialize",
        "ping",
        "tools/list",
        "tools/call",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/initialized",
        "server/discover",
        "subscriptions/listen",
        "__proto__",
      ),
      fc.string(),
      fc.jsonValue(),
    ),
    params: fc.oneof(
      fc.record({
        name: fc.oneof(
          fc.constantFrom("call_tool", "retrieve_tools", "describe_tool"),
          fc.jsonValue(),
        ),
        arguments: fc.oneof(
          fc.record({
            name: fc.oneof(fc.constantFrom("s:t", "s:", ":", "x:t"), fc.jsonValue()),
            query: fc.oneof(anyText(), fc.jsonValue()),
            limit: fc.oneof(fc.double(), fc.jsonValue()),
            tool_ids: fc.jsonValue(),
            args: fc.jsonValue(),
            args_json: fc.oneof(fc.json(), fc.jsonValue()),
          }, { requiredKeys: [] }),
          fc.jsonValue(),
        ),
        _meta: fc.oneof(
          fc.record({
            progressToken: fc.jsonValue(),
            "io.modelcontextprotocol/protocolVersion": fc.constantFrom("2026-07-28", "x", 1),
            "io.modelcontextprotocol/clientCapabilities": fc.oneof(fc.constant({}), fc.jsonValue()),
          }, { requiredKeys: [] }),
          fc.jsonValue(),
        ),
        requestId: fc.jsonValue(),
        protocolVersion: fc.jsonValue(),
        notifications: fc.jsonValue(),
      }, { requiredKeys: [] }),
      fc.jsonValue(),
    ),
    result: fc.jsonValue(),
    error: fc.jsonValue(),
  }, { requiredKeys: ["jsonrpc", "method"] }),
  fc.jsonValue({ maxDepth: 5 }),
);

const anyBody = fc.oneof(
  { weight: 4, arbitrary: nearly.map((value) => JSON.stringify(value) ?? "") },
  {
    weight: 1,
    arbitrary: fc.array(nearly, { maxLength: 4 }).map((batch) => JSON.stringify(batch)),
  },
  { weight: 1, arbitrary: anyText() },
);

const anyHeaders = fc.record({
  accept: fc.constantFrom("application/json, text/event-stream", "*/*"),
  "content-type": fc.constantFrom(
    "application/json",
    "application/json; charset=utf-8",
    "text/plain",
  ),
  "mcp-protocol-version": fc.constantFrom("2025-11-25", "2026-07-28", "nonsense"),
  "mcp-method": fc.constantFrom("tools/call", "tools/list", "server/discover"),
  "mcp-name": fc.constantFrom("call_tool", "x"),
}, { requiredKeys: ["accept", "content-type"] });

Deno.test("whatever is posted is answered, without a stack trace", async () => {
  await withLocal(async (endpoint) => {
    const opened = await endpoint.fetch(legacyRequest(url, initialize));
    await opened.text();
    const session = opened.headers.get("mcp-session-id") ?? "";
    await fc.assert(
      fc.asyncProperty(anyBody, anyHeaders, fc.boolean(), async (body, headers, inSession) => {
        const request = new Request(url, {
          method: "POST",
          headers: { ...headers, ...(inSession && { "mcp-session-id": session }) },
          body,
        });
        const response = await endpoint.fetch(request);
        assert.ok(response.status >= 200 && response.status < 600 && response.status !== 500);
        if (body.includes("subscriptions/listen")) {
          await response.body?.cancel();
          return;
        }
        const text = await response.text();
        assert.doesNotMatch(text, /\n?\s+at .+[:(]\d+|file:\/\/|node_modules/);
      }),
      { numRuns: 600 },
    );
    const alive = await endpoint.fetch(
      legacyRequest(url, { jsonrpc: "2.0", id: "end", method: "ping" }, session),
    );
    assert.deepEqual((await lastMessage(alive)).result, {});
  });
});

Deno.test("after its end every request is answered 503", async () => {
  const unused = endpointOf();
  await unused.close();
  assert.equal((await unused.fetch(legacyRequest(url, initialize))).status, 503);
  const upstreams = new FakeUpstreams();
  const used = endpointOf(upstreams);
  const opening = used.fetch(legacyRequest(url, initialize));
  await used.close();
  assert.ok([200, 503].includes((await opening).status));
  await (await opening).body?.cancel();
  assert.equal((await used.fetch(modernRequest(url, "tools/list", {}))).status, 503);
  assert.equal(upstreams.listeners, 1, "the search alone");
});
