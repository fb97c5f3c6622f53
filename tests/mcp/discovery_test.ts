import assert from "node:assert/strict";
import type { CallToolResult } from "@modelcontextprotocol/client";
import { createCallUpstream } from "../../lib/mcp/call.ts";
import { createDiscoveryView } from "../../lib/mcp/discovery.ts";
import type { View } from "../../lib/mcp/view.ts";
import { createToolSearch } from "../../lib/tools/search.ts";
import { FakeUpstreams, tool } from "./fake_upstreams.ts";
import { withEndpoint } from "./harness.ts";

const context = { signal: new AbortController().signal };

async function withView(
  upstreams: FakeUpstreams,
  use: (
    call: (name: string, args: Record<string, unknown>) => Promise<CallToolResult>,
    view: View,
  ) => Promise<void>,
  toolsLimit = 15,
): Promise<void> {
  const search = createToolSearch(upstreams);
  const view = createDiscoveryView(upstreams, search, createCallUpstream(upstreams), toolsLimit);
  try {
    await use((name, args) => view.call(name, args, context), view);
  } finally {
    view.close();
    search.close();
  }
}

const textOf = (result: CallToolResult) => (result.content[0] as { text: string }).text;

/** The structured content, which must be what the text says. */
// deno-lint-ignore no-explicit-any -- what a test expects is said in its assertions
function answerOf(result: CallToolResult): any {
  const structured = JSON.parse(JSON.stringify(result.structuredContent));
  assert.deepEqual(JSON.parse(textOf(result)), structured);
  return structured;
}

const github = {
  tools: [
    tool("create_issue", {
      description: "Open a new issue in a repository",
      annotations: { destructiveHint: false },
      outputSchema: { type: "object" },
    }),
    tool("list_pull_requests", { description: "List pull requests" }),
    tool("with:colon"),
  ],
};

Deno.test("retrieve_tools answers with what is needed to call", async () => {
  await withView(new FakeUpstreams({ github, off: { state: "error" } }), async (call) => {
    const answer = answerOf(await call("retrieve_tools", { query: "create issue" }));
    const [first] = answer.tools;
    assert.ok(first.score > 0);
    assert.deepEqual({ ...first, score: 1 }, {
      name: "github:create_issue",
      description: "Open a new issue in a repository",
      inputSchema: { type: "object" },
      annotations: { destructiveHint: false },
      score: 1,
      server: "github",
    });
    assert.equal(answer.query, "create issue");
    assert.equal(answer.total, answer.tools.length);
    assert.match(answer.usage_instructions, /call_tool/);
    assert.deepEqual(answer.unavailable_servers, [{ server: "off", state: "error" }]);
  });
});

Deno.test("retrieve_tools keeps to its limit, 100 at most", async () => {
  const tools = Array.from({ length: 150 }, (_, n) => tool(`thing_${n}`));
  const upstreams = new FakeUpstreams({ s: { tools } });
  await withView(upstreams, async (call) => {
    const count = async (args: Record<string, unknown>) =>
      answerOf(await call("retrieve_tools", { query: "thing", ...args })).total;
    assert.equal(await count({}), 7);
    assert.equal(await count({ limit: 3 }), 3);
    assert.equal(await count({ limit: 3.9 }), 3);
    assert.equal(await count({ limit: 100_000 }), 100);
    for (const limit of [0, -1, "3", NaN, null]) {
      assert.equal((await call("retrieve_tools", { query: "thing", limit })).isError, true);
    }
  }, 7);
  await withView(upstreams, async (call) => {
    assert.equal(answerOf(await call("retrieve_tools", { query: "thing" })).total, 100);
  }, 1000);
});

Deno.test("retrieve_tools follows the upstreams", async () => {
  const upstreams = new FakeUpstreams({ github });
  await withView(upstreams, async (call) => {
    const names = async (query: string) =>
      answerOf(await call("retrieve_tools", { query })).tools.map(({ name }: { name: string }) =>
        name
      );
    assert.deepEqual(await names("weather"), []);
    upstreams.set("w", "added", { tools: [tool("get_weather")] });
    assert.deepEqual(await names("weather"), ["w:get_weather"]);
    upstreams.set("w", "tools", {
      tools: [tool("forecast", { description: "weather of tomorrow" })],
    });
    assert.deepEqual(await names("weather"), ["w:forecast"]);
    upstreams.set("w", "state", { state: "error" });
    assert.deepEqual(await names("weather"), []);
    upstreams.set("w", "removed", undefined);
    assert.deepEqual(await names("weather"), []);
  });
});

Deno.test("retrieve_tools wants a query", async () => {
  await withView(new FakeUpstreams({ github }), async (call) => {
    for (const query of [undefined, "", "  ", 7, null]) {
      const result = await call("retrieve_tools", { query });
      assert.equal(result.isError, true);
      assert.match(textOf(result), /"query" is missing/);
    }
  });
});

Deno.test("describe_tool gives whole definitions, and an error for each name it does not know", async () => {
  await withView(new FakeUpstreams({ github, off: { state: "disabled" } }), async (call) => {
    const result = await call("describe_tool", {
      tool_ids: ["github:create_issue", "github:creat_isue", "off:x", "github:with:colon"],
    });
    assert.equal(result.isError, undefined);
    const { tools, errors } = answerOf(result);
    assert.deepEqual(tools, [
      { ...github.tools[0], name: "github:create_issue", server: "github" },
      { ...github.tools[2], name: "github:with:colon", server: "github" },
    ]);
    assert.deepEqual(errors.map(({ tool_id }: { tool_id: string }) => tool_id), [
      "github:creat_isue",
      "off:x",
    ]);
    assert.deepEqual(errors[0].did_you_mean[0], "github:create_issue");
    assert.match(errors[1].message, /not ready \(state: disabled\)/);

    const single = answerOf(await call("describe_tool", { name: "github:create_issue" }));
    assert.equal(single.tools[0].outputSchema.type, "object");
    assert.equal((await call("describe_tool", { name: "nothing" })).isError, true);
    for (const tool_ids of [[], "github:create_issue", [1], Array(21).fill("x")]) {
      assert.equal((await call("describe_tool", { tool_ids })).isError, true);
    }
    assert.equal((await call("describe_tool", {})).isError, true);
  });
});

Deno.test("call_tool divides the name at the first colon and takes args or args_json", async () => {
  await withView(new FakeUpstreams({ github }), async (call) => {
    const echo = async (args: Record<string, unknown>) =>
      JSON.parse(textOf(await call("call_tool", args)));
    assert.deepEqual(await echo({ name: "github:with:colon" }), { tool: "with:colon", args: {} });
    const name = "github:create_issue";
    assert.deepEqual((await echo({ name, args: { a: 1 } })).args, { a: 1 });
    assert.deepEqual((await echo({ name, args_json: '{"a":2}' })).args, { a: 2 });
    assert.deepEqual((await echo({ name, args: { a: 1 }, args_json: '{"a":2}' })).args, { a: 2 });
  });
});

Deno.test("call_tool tells a model what is wrong with its call", async () => {
  await withView(new FakeUpstreams({ github, off: { state: "disabled" } }), async (call) => {
    const name = "github:create_issue";
    const cases: [Record<string, unknown>, RegExp][] = [
      [{}, /"name" is missing/],
      [{ name, args: [1] }, /must be an object/],
      [{ name, args: "{}" }, /must be an object/],
      [{ name, args_json: "{" }, /not valid JSON/],
      [{ name, args_json: "[]" }, /must be an object/],
      [{ name: "github__create_issue" }, /Did you mean github:create_issue/],
      [{ name: "create_issue" }, /Did you mean github:create_issue/],
      [{ name: "github:" }, /There is no tool "github:"/],
      [{ name: "off:x" }, /not ready \(state: disabled\)/],
      [{ name: "gone:x" }, /There is no tool "gone:x"/],
    ];
    for (const [args, message] of cases) {
      const result = await call("call_tool", args);
      assert.equal(result.isError, true);
      assert.match(textOf(result), message);
    }
    await assert.rejects(call("github__create_issue", {}), { code: -32602 });
  });
});

Deno.test("which path offers what depends on the routing mode", async () => {
  const discovery = ["retrieve_tools", "describe_tool", "call_tool"];
  const all = ["github__create_issue", "github__list_pull_requests", /^github_with_colon_/];
  const cases = [
    ["retrieve_tools", discovery],
    ["code_execution", discovery],
    ["direct", all],
  ] as const;
  for (const [routingMode, atMcp] of cases) {
    await withEndpoint(new FakeUpstreams({ github }), async (served) => {
      const expected = { "/mcp": atMcp, "/mcp/": atMcp, "/mcp/call": discovery, "/mcp/all": all };
      for (const [path, names] of Object.entries(expected)) {
        const client = await served.connect(path, "modern");
        const { tools } = await client.listTools();
        assert.equal(tools.length, names.length);
        for (const [n, { name }] of tools.entries()) {
          const wanted = names[n] ?? "";
          if (typeof wanted === "string") assert.equal(name, wanted);
          else assert.match(name, wanted);
        }
        assert.match(
          client.getInstructions() ?? "",
          names === discovery ? /retrieve_tools/ : /server__tool/,
        );
        assert.deepEqual(client.getServerVersion(), { name: "mcpproxy", version: "1.2.3" });
        assert.deepEqual(client.getServerCapabilities(), { tools: { listChanged: true } });
      }
    }, { routingMode });
  }
});
