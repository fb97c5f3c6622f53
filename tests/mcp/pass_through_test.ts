import assert from "node:assert/strict";
import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { operatingSystem } from "../../lib/platform.ts";
import type { CallOutcome } from "../../lib/mcp/types.ts";
import type { CallOptions } from "../../lib/upstream/types.ts";
import { FakeUpstreams, tool } from "./fake_upstreams.ts";
import { eras, type Served, until, withEndpoint } from "./harness.ts";
import { lastMessage, type Message, messages, modernRequest, openSession } from "./raw.ts";

/** Sends one request by hand, in either era. */
async function send(
  served: Served,
  era: "legacy" | "modern",
  path: string,
  method: string,
  params: Message,
): Promise<Response> {
  if (era === "modern") {
    return await served.fetch(modernRequest(served.origin + path, method, params));
  }
  const session = await openSession(served, path);
  return await session.post({ jsonrpc: "2.0", id: 1, method, params });
}

const strange = {
  content: [
    { type: "text", text: "a\u2028b\ud83d\ude00", annotations: { priority: 2 }, extra: [1] },
    { type: "hologram", data: { depth: 3 } },
    { type: "image", data: "AAAA", mimeType: "image/png", _meta: { x: 1 } },
    { type: "audio", data: "AAAA", mimeType: "audio/wav" },
    { type: "resource", resource: { uri: "a://b", text: "t", unknown: true } },
    { type: "resource_link", uri: "a://c", name: "c", icons: [{ src: "data:," }] },
  ],
  structuredContent: { deep: { list: [null, 1.5, "x"] } },
  isError: false,
  _meta: { "vendor.example/key": { a: 1 }, plain: null },
  vendorField: { kept: "yes" },
} as unknown as CallToolResult;

for (const era of eras) {
  Deno.test(`a result passes with all its fields, known or not (${era})`, async () => {
    const upstreams = new FakeUpstreams({ s: { tools: [tool("t")], call: () => strange } });
    await withEndpoint(upstreams, async (served) => {
      const calls: [string, Message][] = [
        ["/mcp/all", { name: "s__t", arguments: {} }],
        ["/mcp", { name: "call_tool", arguments: { name: "s:t" } }],
      ];
      for (const [path, params] of calls) {
        const { result } = await lastMessage(await send(served, era, path, "tools/call", params));
        const { _meta, resultType, ...rest } = result as Message;
        const { "io.modelcontextprotocol/serverInfo": serverInfo, ...meta } = _meta as Message;
        const { _meta: expectedMeta, ...expected } = strange;
        assert.deepEqual(rest, expected);
        assert.deepEqual(meta, expectedMeta);
        // All that the 2026 era has added.
        assert.equal(resultType, era === "modern" ? "complete" : undefined);
        assert.deepEqual(
          serverInfo,
          era === "modern" ? { name: "mcpproxy", version: "1.2.3" } : undefined,
        );
      }
    });
  });

  Deno.test(`a JSON-RPC error passes with code, message and data unchanged (${era})`, async () => {
    const errors = [
      { code: -32602, message: "bad", data: { field: "x", nested: [1] } },
      { code: -32002, message: "no such resource", data: "uri" },
      { code: -32042, message: "go there", data: { elicitations: [] } },
      { code: 7, message: "" },
      { code: -32000, message: "null data", data: null },
    ];
    const upstreams = new FakeUpstreams({
      s: {
        tools: [tool("t")],
        call: (_tool, { n }) => {
          const { message, ...rest } = errors[n as number]!;
          throw Object.assign(new Error(message), rest);
        },
      },
    });
    await withEndpoint(upstreams, async (served) => {
      for (const [n, error] of errors.entries()) {
        const params = { name: "call_tool", arguments: { name: "s:t", args: { n } } };
        const message = await lastMessage(await send(served, era, "/mcp", "tools/call", params));
        assert.deepEqual(message, { jsonrpc: "2.0", id: 1, error });
      }
    });
  });

  Deno.test(`a tool is listed with all its fields, known or not (${era})`, async () => {
    const listed = {
      name: "t",
      title: "Title",
      description: "  does things ",
      inputSchema: { type: "object", $defs: { a: {} }, "x-vendor": 1 },
      outputSchema: { type: "object", properties: { a: { type: "number" } } },
      annotations: { readOnlyHint: true, vendorHint: 1 },
      icons: [{ src: "data:,", theme: "dark" }],
      _meta: { ui: { resourceUri: "ui://x" } },
      vendor: { kept: true },
    } as unknown as Tool;
    const upstreams = new FakeUpstreams({ s: { tools: [listed, tool("bare")] } });
    await withEndpoint(upstreams, async (served) => {
      const { result } = await lastMessage(await send(served, era, "/mcp/all", "tools/list", {}));
      assert.deepEqual((result as Message).tools, [
        { ...listed, name: "s__t", description: "[s]   does things " },
        { ...tool("bare"), name: "s__bare", description: "[s]" },
      ]);
    });
  });

  Deno.test(`every progress notification passes, under the client's token (${era})`, async () => {
    const call = (_tool: string, _args: unknown, { onprogress }: CallOptions): CallToolResult => {
      for (const progress of [1, 2, 3]) {
        onprogress?.({ progress, total: 3, message: `step ${progress}` });
      }
      return { content: [] };
    };
    const upstreams = new FakeUpstreams({ s: { tools: [tool("t")], call } });
    await withEndpoint(upstreams, async (served) => {
      for (const progressToken of ["token", 0, ""]) {
        const params = { name: "s__t", _meta: { progressToken } };
        const received: Message[] = [];
        const response = await send(served, era, "/mcp/all", "tools/call", params);
        for await (const message of messages(response)) received.push(message);
        assert.deepEqual(
          received.slice(0, 3).map(({ method, params }) => [method, params]),
          [1, 2, 3].map((progress) => [
            "notifications/progress",
            { progressToken, progress, total: 3, message: `step ${progress}` },
          ]),
        );
        assert.ok(received[3]?.result);
      }
      const quiet = await lastMessage(
        await send(served, era, "/mcp/all", "tools/call", { name: "s__t" }),
      );
      assert.ok(quiet.result, "without a token there is no progress, and no failure");
    });
  });

  Deno.test(`a client that cancels aborts the call at the upstream (${era})`, async () => {
    const outcomes: CallOutcome[] = [];
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const call = (_tool: string, _args: unknown, { signal }: CallOptions) =>
      new Promise<CallToolResult>(() => {
        signal?.addEventListener("abort", () => aborted.resolve());
        started.resolve();
      });
    const upstreams = new FakeUpstreams({ s: { tools: [tool("t")], call } });
    const onToolCall = (...[, , outcome]: [string, string, CallOutcome, number]) =>
      void outcomes.push(outcome);
    await withEndpoint(upstreams, async (served) => {
      const client = await served.connect("/mcp/all", era);
      const abort = new AbortController();
      const promise = client.callTool({ name: "s__t" }, { signal: abort.signal });
      await started.promise;
      abort.abort("no longer wanted");
      await assert.rejects(promise);
      await aborted.promise;
      // The upstream never returns: the call ends all the same.
      await until(() => outcomes.length === 1, "end of the call");
      assert.deepEqual(outcomes, ["cancelled"]);
    }, { onToolCall });
  });

  Deno.test(`the end of the endpoint ends the calls in it (${era})`, async () => {
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const call = (_tool: string, _args: unknown, { signal }: CallOptions) =>
      new Promise<CallToolResult>(() => {
        signal?.addEventListener("abort", () => aborted.resolve());
        started.resolve();
      });
    const upstreams = new FakeUpstreams({ s: { tools: [tool("t")], call } });
    await withEndpoint(upstreams, async (served) => {
      const response = await send(served, era, "/mcp/all", "tools/call", { name: "s__t" });
      await started.promise;
      await served.endpoint.close();
      await aborted.promise;
      assert.deepEqual(await lastMessage(response), {});
    });
  });

  Deno.test(`a hanging call blocks no other, and answers stay apart (${era})`, async () => {
    const hang = Promise.withResolvers<CallToolResult>();
    const call = async (name: string, args: Record<string, unknown>): Promise<CallToolResult> => {
      if (name === "hang") return await hang.promise;
      await new Promise((resolve) => setTimeout(resolve, Number(args.n) % 7));
      return { content: [{ type: "text", text: String(args.n) }] };
    };
    const upstreams = new FakeUpstreams({ s: { tools: [tool("hang"), tool("t")], call } });
    await withEndpoint(upstreams, async (served) => {
      const [one, other] = [
        await served.connect("/mcp/all", era),
        await served.connect("/mcp/all", era),
      ];
      const hanging = one.callTool({ name: "s__hang" });
      const numbers = Array.from({ length: 40 }, (_, n) => n);
      const results = await Promise.all(
        numbers.map((n) =>
          (n % 2 === 0 ? one : other).callTool({ name: "s__t", arguments: { n } })
        ),
      );
      assert.deepEqual(
        results.map(({ content }) => content),
        numbers.map((n) => [{ type: "text", text: `${n}` }]),
      );
      hang.resolve({ content: [{ type: "text", text: "at last" }] });
      assert.deepEqual((await hanging).content, [{ type: "text", text: "at last" }]);
    });
  });
}

Deno.test("structured content of a 2026 upstream is wrapped for a 2025 client, which takes objects only", async () => {
  const listed = {
    ...tool("t"),
    outputSchema: { type: "array", items: { type: "number" } },
  } as unknown as Tool;
  const call = () => ({ content: [], structuredContent: [1, 2] }) as unknown as CallToolResult;
  const upstreams = new FakeUpstreams({ s: { tools: [listed], call } });
  await withEndpoint(upstreams, async (served) => {
    const [legacy, modern] = [
      await served.connect("/mcp/all", "legacy"),
      await served.connect("/mcp/all", "modern"),
    ];
    await legacy.listTools();
    await modern.listTools();
    assert.deepEqual((await legacy.callTool({ name: "s__t" })).structuredContent, {
      result: [1, 2],
    });
    assert.deepEqual((await modern.callTool({ name: "s__t" })).structuredContent, [1, 2]);
  });
});

for (const listener of ["tcp", "unix"] as const) {
  Deno.test({
    name: `2026: a client that goes away aborts its call (${listener})`,
    ignore: listener === "unix" && operatingSystem === "windows",
    async fn() {
      const started = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<void>();
      const call = (_tool: string, _args: unknown, { signal }: CallOptions) =>
        new Promise<CallToolResult>(() => {
          signal?.addEventListener("abort", () => aborted.resolve());
          started.resolve();
        });
      const upstreams = new FakeUpstreams({ s: { tools: [tool("t")], call } });
      await withEndpoint(upstreams, async (served) => {
        const abort = new AbortController();
        const request = modernRequest(`${served.origin}/mcp/all`, "tools/call", { name: "s__t" });
        const response = served.fetch(request, { signal: abort.signal });
        await started.promise;
        abort.abort();
        await assert.rejects(response);
        await aborted.promise;
      }, { listener });
    },
  });
}

Deno.test("2025: a client that goes away does not abort its call", async () => {
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<CallToolResult>();
  const outcomes: CallOutcome[] = [];
  const call = async () => {
    started.resolve();
    return await finish.promise;
  };
  const upstreams = new FakeUpstreams({ s: { tools: [tool("t")], call } });
  const onToolCall = (...[, , outcome]: [string, string, CallOutcome, number]) =>
    void outcomes.push(outcome);
  await withEndpoint(upstreams, async (served) => {
    const session = await openSession(served, "/mcp/all");
    const response = await session.post({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "s__t" },
    });
    await started.promise;
    await response.body?.cancel();
    // Another round trip, so that the end of the connection has been seen.
    await lastMessage(await session.post({ jsonrpc: "2.0", id: 2, method: "ping" }));
    finish.resolve({ content: [] });
    await until(() => outcomes.length === 1, "end of the call");
    assert.deepEqual(outcomes, ["success"]);
  }, { onToolCall });
});
