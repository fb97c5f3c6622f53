import assert from "node:assert/strict";
import type { CallToolResult } from "@modelcontextprotocol/client";
import { FakeUpstreams, tool } from "./fake_upstreams.ts";
import { withEndpoint } from "./harness.ts";
import { UserError } from "../../lib/errors.ts";

Deno.test("tools of servers whose names could be confused reach their own server", async () => {
  const names = [["a", "b__c"], ["a__b", "c"], ["a", "_x"], ["a_", "x"], ["my server", "t"], [
    "my_server",
    "t",
  ]];
  const upstreams = new FakeUpstreams();
  for (const server of new Set(names.map(([server]) => server!))) {
    const tools = names.filter(([name]) => name === server).map(([, name]) => tool(name!));
    upstreams.set(server, "added", {
      tools,
      call: (called) => ({ content: [{ type: "text", text: `${server}|${called}` }] }),
    });
  }
  await withEndpoint(upstreams, async (served) => {
    const client = await served.connect("/mcp", "modern");
    const { tools } = await client.listTools();
    assert.equal(new Set(tools.map(({ name }) => name)).size, names.length);
    const answers: string[] = [];
    for (const { name } of tools) {
      const { content } = await client.callTool({ name });
      answers.push((content[0] as { text: string }).text);
    }
    assert.deepEqual(answers.sort(), names.map(([server, name]) => `${server}|${name}`).sort());
  }, { routingMode: "direct" });
});

Deno.test("a server that lists a name twice has it once", async () => {
  const upstreams = new FakeUpstreams({
    s: { tools: [tool("t", { description: "first" }), tool("t", { description: "second" })] },
  });
  await withEndpoint(upstreams, async (served) => {
    const client = await served.connect("/mcp/all", "legacy");
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name, description }) => [name, description]), [[
      "s__t",
      "[s] first",
    ]]);
  });
});

Deno.test("an unknown tool is a protocol error that names near ones", async () => {
  const upstreams = new FakeUpstreams({
    github: { tools: [tool("create_issue"), tool("list_issues"), tool("merge")] },
  });
  await withEndpoint(upstreams, async (served) => {
    const client = await served.connect("/mcp/all", "legacy");
    await assert.rejects(client.callTool({ name: "github__createIssue" }), (error) => {
      const { code, message, data } = error as { code: number; message: string; data: unknown };
      assert.equal(code, -32602);
      assert.match(
        message,
        /Unknown tool: github__createIssue\. Did you mean github__create_issue/,
      );
      assert.deepEqual((data as { suggestions: string[] }).suggestions[0], "github__create_issue");
      return true;
    });
    await assert.rejects(client.callTool({ name: "zzz" }), /Unknown tool: zzz$/);
  });
});

Deno.test("a call to a server that is not ready says so at once, in a result", async () => {
  const upstreams = new FakeUpstreams({
    broken: { state: "error", lastError: "spawn npx ENOENT" },
    off: { state: "disabled" },
    slow: { state: "connecting" },
  });
  await withEndpoint(upstreams, async (served) => {
    const client = await served.connect("/mcp/all", "modern");
    const start = performance.now();
    const texts = [];
    for (const name of ["broken__t", "off__t", "slow__t"]) {
      const result = await client.callTool({ name });
      assert.equal(result.isError, true);
      texts.push((result.content[0] as { text: string }).text);
    }
    assert.ok(performance.now() - start < 1_000);
    assert.deepEqual(texts, [
      'Server "broken" is not ready (state: error, last error: spawn npx ENOENT). ' +
      'It is tried again; to try at once, ask the user to run: mcpproxy upstream restart "broken"',
      'Server "off" is not ready (state: disabled). Ask the user to enable it: mcpproxy upstream enable "off"',
      'Server "slow" is not ready (state: connecting). It is being connected; try again in a few seconds.',
    ]);
  });
});

Deno.test("a call that breaks off ends in a result that says why, without a stack", async () => {
  const failures: Record<string, Error> = {
    lost: new Error("the connection closed"),
    timeout: new DOMException("took longer than 120 s", "TimeoutError"),
    sdk: Object.assign(new Error("Request timed out"), { code: "REQUEST_TIMEOUT" }),
    user: new UserError("it went away", { next: "Restart it." }),
  };
  const outcomes: string[] = [];
  const upstreams = new FakeUpstreams({
    s: {
      tools: Object.keys(failures).map((name) => tool(name)),
      call: (name): CallToolResult => {
        throw failures[name];
      },
    },
  });
  await withEndpoint(upstreams, async (served) => {
    const client = await served.connect("/mcp/all", "modern");
    const texts = [];
    for (const name of Object.keys(failures)) {
      const result = await client.callTool({ name: `s__${name}` });
      assert.equal(result.isError, true);
      texts.push((result.content[0] as { text: string }).text);
    }
    assert.deepEqual(texts, [
      'Calling "lost" of server "s" failed: the connection closed',
      'Calling "timeout" of server "s" failed: took longer than 120 s',
      'Calling "sdk" of server "s" failed: Request timed out',
      'Calling "user" of server "s" failed: it went away Restart it.',
    ]);
    assert.deepEqual(outcomes, Object.keys(failures).map((name) => `s ${name} error`));
  }, { onToolCall: (server, name, outcome) => void outcomes.push(`${server} ${name} ${outcome}`) });
});
