/** The two ends of a bridge: lines in, lines out, and the headers of the 2026 era. */
import assert from "node:assert/strict";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import fc from "fast-check";
import { messageLimit, readLines } from "../../lib/bridge/input.ts";
import { readLine } from "../../lib/bridge/message.ts";
import { createOutput } from "../../lib/bridge/output.ts";
import { modernHeaders, modernRevision } from "../../lib/bridge/revision.ts";

async function linesOf(chunks: (string | Uint8Array)[]): Promise<(string | null)[]> {
  const encoder = new TextEncoder();
  const stream = ReadableStream.from(
    chunks.map((chunk) => typeof chunk === "string" ? encoder.encode(chunk) : chunk),
  );
  return await Array.fromAsync(readLines(stream, new AbortController().signal));
}

Deno.test("lines come whole however they are chopped, and empty ones do not", async () => {
  const text = '{"a":"ä€😀"}\r\n\n  \n{"b":1}\nlast';
  const bytes = new TextEncoder().encode(text);
  const single = Array.from(bytes, (byte) => new Uint8Array([byte]));
  for (const chunks of [[text], single]) {
    assert.deepEqual(await linesOf(chunks), ['{"a":"ä€😀"}', '{"b":1}', "last"]);
  }
});

Deno.test("a line that is too long is told of, and the next one comes", async () => {
  const most = "x".repeat(messageLimit);
  const lines = await linesOf([most, "\n", most, "y\n", "€".repeat(messageLimit / 2), "\nnext\n"]);
  assert.deepEqual(lines.map((line) => line?.length ?? null), [messageLimit, null, null, 4]);
});

Deno.test("no more is written than is read, each line whole and in order", async () => {
  const written: Uint8Array[] = [];
  const reads: (() => void)[] = [];
  const output = createOutput({
    write(bytes) {
      return new Promise((resolve) => {
        reads.push(() => {
          const length = Math.min(3, bytes.length); // a pipe takes what it has room for
          written.push(bytes.slice(0, length));
          resolve(length);
        });
      });
    },
  }, () => {});
  let done = 0;
  for (const line of ['{"one":1}', '{"two":"€"}']) void output.write(line).then(() => done++);
  for (let turn = 0; turn < 100 && done < 2; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    reads.shift()?.();
  }
  const text = await new Blob(written as BlobPart[]).text();
  assert.equal(text, '{"one":1}\n{"two":"€"}\n');
});

Deno.test("where nobody reads any more, that is told once and nothing fails", async () => {
  let told = 0;
  const output = createOutput({ write: () => Promise.reject(new Deno.errors.BrokenPipe()) }, () => {
    told++;
  });
  await Promise.all([output.write("a"), output.write("b")]);
  assert.equal(told, 1);
});

Deno.test("whatever a line holds, it is read without a fault", () => {
  const anything = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.constantFrom("[]", "[1]"));
  fc.assert(fc.property(anything, (text) => {
    for (const message of readLine(text)) {
      if (message.kind === "invalid") assert(message.code === -32700 || message.code === -32600);
    }
  }));
});

Deno.test("a request passes as it was written", () => {
  const someId = fc.oneof(fc.string(), fc.integer());
  fc.assert(
    fc.property(
      someId,
      fc.string(),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (id, method, params) => {
        const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
        assert.deepEqual(readLine(text), [{
          kind: "request",
          id,
          method,
          params: JSON.parse(text).params,
          text,
        }]);
      },
    ),
  );
});

/** The headers that the official client sends with a call of this tool. */
async function officialHeaders(name: string): Promise<Record<string, string | null>> {
  let seen: Headers | undefined;
  const transport = new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), {
    fetch: (_url, init) => {
      seen = new Headers(init?.headers);
      return Promise.resolve(new Response(null, { status: 202 }));
    },
  });
  await transport.start();
  await transport.send({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name, _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } },
  }).catch(() => {});
  await transport.close();
  return pick(seen!);
}

function pick(headers: Headers): Record<string, string | null> {
  const names = ["mcp-protocol-version", "mcp-method", "mcp-name"];
  return Object.fromEntries(names.map((name) => [name, headers.get(name)]));
}

Deno.test("the headers of a call are those of the official client, whatever the tool is called", async () => {
  const odd = [
    "",
    " x",
    "x\t",
    "a\tb",
    "=?base64?",
    "=?base64?eA==?=",
    "ä",
    "😀",
    "a b",
    "\n",
    "~!",
  ];
  for (const name of [...odd, ...fc.sample(fc.string({ unit: "binary" }), 200)]) {
    if (!name.isWellFormed()) continue;
    const params = { name, _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
    const [message] = readLine(
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    );
    assert(message?.kind === "request");
    const ours = pick(new Headers(modernHeaders(message, modernRevision(message)!)));
    assert.deepEqual(ours, await officialHeaders(name), JSON.stringify(name));
  }
});

Deno.test("what opens a session belongs to the 2025 era, unless it claims the other one", () => {
  const era = (method: string, version: unknown) => {
    const params = { _meta: { "io.modelcontextprotocol/protocolVersion": version } };
    const [message] = readLine(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    return modernRevision(message!);
  };
  assert.equal(era("initialize", "2025-11-25"), null);
  assert.equal(era("initialize", "2026-07-28"), "2026-07-28");
  assert.equal(era("tools/list", "2025-11-25"), "2025-11-25");
  assert.equal(era("tools/list", 7), null);
});
