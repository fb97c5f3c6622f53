/** What comes at once is JSON; everything else stays the stream that it was. */
import assert from "node:assert/strict";
import { promptAnswer } from "../../lib/mcp/prompt_answer.ts";

const event = (message: unknown) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
const result = { jsonrpc: "2.0", id: 1, result: { text: "ü" } };
const progress = { jsonrpc: "2.0", method: "notifications/progress", params: {} };

/** An answer as the SDK makes it: a stream that is written to later. */
function stream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const headers = { "content-type": "text/event-stream", "mcp-session-id": "s" };
  return {
    response: new Response(readable, { headers }),
    write: (text: string) => void writer.write(new TextEncoder().encode(text)).catch(() => {}),
    close: () => void writer.close().catch(() => {}),
    cancelled: writer.closed.then(() => "closed", () => "cancelled"),
  };
}

Deno.test("a result that comes at once is sent as JSON, with the headers of the stream", async () => {
  const { response, write, close } = stream();
  write(event(result));
  close();
  const answer = await promptAnswer(response);
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.equal(answer.headers.get("mcp-session-id"), "s");
  assert.deepEqual(await answer.json(), result);
});

Deno.test("a result that comes later, behind progress, or is long stays a stream, whole", async () => {
  const long = { ...result, result: "x".repeat(100_000) };
  for (const [first, then] of [[progress, result], [null, result], [long, null]]) {
    const { response, write, close } = stream();
    if (first) write(event(first));
    const answer = await promptAnswer(response);
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
    if (then) write(event(then));
    close();
    const expected = [first, then].filter((message) => message !== null).map(event).join("");
    assert.equal(await answer.text(), expected);
  }
});

Deno.test("a client that leaves is noticed, whatever has been read before", async () => {
  for (const first of [null, progress]) {
    const { response, write, cancelled } = stream();
    if (first) write(event(first));
    const answer = await promptAnswer(response);
    await answer.body!.cancel();
    assert.equal(await cancelled, "cancelled");
  }
});

Deno.test("what is no stream is left alone", async () => {
  const json = Response.json(result);
  assert.equal(await promptAnswer(json), json);
  const empty = new Response(null, { status: 202 });
  assert.equal(await promptAnswer(empty), empty);
});
