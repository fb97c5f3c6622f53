/** Calls that bring nothing but their result: which they are, and how they end. */
import assert from "node:assert/strict";
import { type CallTool, createPlainCalls } from "../../lib/mcp/plain_calls.ts";
import { JsonRpcError } from "../../lib/mcp/view.ts";

const headers = { accept: "application/json, text/event-stream", "mcp-protocol-version": "1" };
const request = (more: Record<string, string> = {}) =>
  new Request("http://localhost/mcp", { method: "POST", headers: { ...headers, ...more } });
const call = (more: Record<string, unknown> = {}, id: unknown = 1) => ({
  ...{ jsonrpc: "2.0", id, method: "tools/call" },
  params: { name: "t", arguments: {}, ...more },
});
const cancellation = (requestId: unknown) => ({
  ...{ jsonrpc: "2.0", method: "notifications/cancelled" },
  params: { requestId },
});

function callsOf(callTool: CallTool) {
  const calls = createPlainCalls(callTool, () => ({ "mcp-session-id": "s" }));
  calls.trust(request());
  return calls;
}

Deno.test("a plain call is answered with its result, as JSON, in its session", async () => {
  const calls = callsOf((params) => Promise.resolve({ content: [], was: params.name }));
  const response = await calls.answer(request(), call())!;
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("mcp-session-id"), "s");
  assert.deepEqual(await response.json(), {
    ...{ jsonrpc: "2.0", id: 1 },
    result: { content: [], was: "t" },
  });
  assert.equal(calls.pending, 0);
});

Deno.test("whatever is more than a plain call, or has other headers than the SDK has taken, is left to the SDK", () => {
  const calls = callsOf(() => assert.fail("it is not called"));
  const others: [Request, unknown][] = [
    [request(), call({ _meta: { progressToken: 1 } })],
    [request(), { ...call(), method: "tools/list" }],
    [request(), { ...call(), jsonrpc: "1.0" }],
    [request(), { ...call(), id: null }],
    [request(), { ...call(), params: [] }],
    [request(), [call()]],
    [request(), "tools/call"],
    [request({ accept: "text/html" }), call()],
    [request({ "mcp-protocol-version": "2" }), call()],
  ];
  for (const [from, body] of others) assert.equal(calls.answer(from, body), undefined);
  assert.equal(
    createPlainCalls(() => assert.fail(), () => ({})).answer(request(), call()),
    undefined,
  );
});

Deno.test("errors are those of JSON-RPC, with code and data", async () => {
  const errors: [unknown, unknown][] = [
    [new JsonRpcError(-32602, "no", { a: 1 }), { code: -32602, message: "no", data: { a: 1 } }],
    [new JsonRpcError(-32002, "gone"), { code: -32002, message: "gone" }],
    [new TypeError("oops"), { code: -32603, message: "oops" }],
  ];
  for (const [thrown, expected] of errors) {
    const response = await callsOf(() => Promise.reject(thrown)).answer(request(), call())!;
    assert.deepEqual((await response.json()).error, expected);
  }
});

Deno.test("a call that takes long becomes a stream, on which its result comes", async () => {
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  const calls = callsOf(() => promise);
  const response = await calls.answer(request(), call())!;
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(calls.pending, 1);
  assert.equal(
    calls.answer(request(), call()),
    undefined,
    "the same id once more is the SDK's to judge",
  );
  resolve({ content: [] });
  assert.match(
    await response.text(),
    /^event: message\ndata: \{.*"result":\{"content":\[\]\}\}\n\n$/,
  );
});

Deno.test("a cancelled call has no response, and hears of it; so has every call of a session that ends", async () => {
  for (const late of [false, true]) {
    let heard = false;
    const calls = callsOf((_params, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          heard = true;
          reject(signal.reason);
        });
      })
    );
    const answer = calls.answer(request(), call())!;
    if (late) await answer; // the stream has begun
    assert.equal(calls.cancel(request(), cancellation(2)), false);
    assert.equal(calls.cancel(request({ accept: "x" }), cancellation(1)), false);
    assert.equal(calls.cancel(request(), cancellation(1)), true);
    assert(heard);
    assert.equal(await (await answer).text(), "");
    const other = calls.answer(request(), call({}, "b"))!;
    calls.close();
    assert.equal(await (await other).text(), "");
    assert.equal(calls.pending, 0);
  }
});

Deno.test("a client that goes while its call is under way ends nothing", async () => {
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  let signal: AbortSignal | undefined;
  const calls = callsOf((_params, context) => {
    signal = context.signal;
    return promise;
  });
  const response = await calls.answer(request(), call())!;
  await response.body!.cancel();
  assert.equal(signal!.aborted, false);
  resolve({ content: [] });
  await promise;
});
