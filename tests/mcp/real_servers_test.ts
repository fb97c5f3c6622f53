import assert from "node:assert/strict";
import type { CallToolResult, Client, Progress } from "@modelcontextprotocol/client";
import { type Era, eras, type Served, withEndpoint } from "./harness.ts";
import { operatingSystem } from "../../lib/platform.ts";
import type { FakeUpstreams } from "./fake_upstreams.ts";
import { startRealUpstreams } from "./real_upstreams.ts";

let upstreams: FakeUpstreams;
let directory: string;
let stop: () => Promise<void>;

// Outside of the tests: the SDK's stdio transport leaves a timer behind when it is closed.
Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir({ prefix: "mcp-test-" });
  await Deno.writeTextFile(`${directory}/hello.txt`, "hello from a file");
  ({ upstreams, stop } = await startRealUpstreams({
    everything: ["server-everything@2026.8.31", "stdio"],
    filesystem: ["server-filesystem@2026.8.31", directory],
    memory: ["server-memory@2026.8.31"],
  }, { MEMORY_FILE_PATH: `${directory}/memory.jsonl` }));
});

Deno.test.afterAll(async () => {
  await stop();
  await Deno.remove(directory, { recursive: true });
});

/** Runs a test in both eras, over TCP in one and over a Unix socket in the other, and the other way round. */
function testEach(name: string, run: (served: Served, era: Era) => Promise<void>): void {
  for (const era of eras) {
    for (const listener of ["tcp", "unix"] as const) {
      Deno.test({
        name: `${name} (${era}, ${listener})`,
        ignore: listener === "unix" && operatingSystem === "windows",
        fn: () => withEndpoint(upstreams, (served) => run(served, era), { listener }),
      });
    }
  }
}

/** What an upstream answers when it is asked without us in between. */
function direct(
  server: string,
  tool: string,
  args: Record<string, unknown>,
): Promise<CallToolResult> {
  return upstreams.callTool(server, tool, args);
}

/** The result without what the 2026 era adds to each: the name of who answers. */
function withoutServerInfo(result: CallToolResult): CallToolResult {
  const { _meta, ...rest } = result;
  const { "io.modelcontextprotocol/serverInfo": _ours, ...meta } = _meta ?? {};
  return Object.keys(meta).length === 0
    ? rest as CallToolResult
    : { ...rest, _meta: meta } as CallToolResult;
}

testEach(
  "all tools of real servers are listed with their definitions whole",
  async (served, era) => {
    const client = await served.connect("/mcp/all", era);
    const { tools } = await client.listTools();
    const expected = ["everything", "filesystem", "memory"].flatMap((server) =>
      upstreams.tools(server).map((tool) => `${server}__${tool.name}`)
    );
    assert.deepEqual(tools.map(({ name }) => name).sort(), expected.sort());
    assert.ok(expected.length > 30);

    const original = upstreams.tools("everything").find(({ name }) =>
      name === "get-structured-content"
    );
    const offered = tools.find(({ name }) => name === "everything__get-structured-content");
    assert.deepEqual(offered?.outputSchema, original?.outputSchema);
    assert.deepEqual(offered?.inputSchema, original?.inputSchema);
    assert.deepEqual(offered?.annotations, original?.annotations);
    assert.equal(offered?.description, `[everything] ${original?.description}`);
  },
);

testEach("what real tools answer arrives as it is", async (served, era) => {
  const all = await served.connect("/mcp/all", era);
  const discovery = await served.connect("/mcp", era);
  const calls: [string, string, Record<string, unknown>][] = [
    ["everything", "echo", { message: "häl\u{1f600}lo" }],
    ["everything", "get-tiny-image", {}],
    ["everything", "get-structured-content", { location: "New York" }],
    ["everything", "get-annotated-message", { messageType: "error", includeImage: true }],
    ["everything", "get-resource-links", { count: 3 }],
    ["everything", "get-resource-reference", { resourceType: "Text", resourceId: 1 }],
    ["filesystem", "read_text_file", { path: `${directory}/hello.txt` }],
    ["filesystem", "read_text_file", { path: "/etc/not-allowed" }],
    ["memory", "search_nodes", { query: "nothing" }],
  ];
  for (const [server, tool, args] of calls) {
    const expected = await direct(server, tool, args);
    const viaAll = await all.callTool({ name: `${server}__${tool}`, arguments: args });
    const viaDiscovery = await discovery.callTool({
      name: "call_tool",
      arguments: { name: `${server}:${tool}`, args },
    });
    const comparable = (result: CallToolResult) =>
      JSON.parse(
        JSON.stringify(withoutServerInfo(result)).replace(
          /[0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M/g,
          "TIME",
        ),
      );
    assert.deepEqual(comparable(viaAll), comparable(expected), tool);
    assert.deepEqual(comparable(viaDiscovery), comparable(expected), tool);
  }
  const refused = await all.callTool({
    name: "filesystem__read_text_file",
    arguments: { path: "/etc/not-allowed" },
  });
  assert.equal(refused.isError, true);
});

testEach("progress of a long operation arrives while it runs", async (served, era) => {
  const client = await served.connect("/mcp", era);
  const seen: Progress[] = [];
  const result = await client.callTool({
    name: "call_tool",
    arguments: {
      name: "everything:trigger-long-running-operation",
      args: { duration: 0.3, steps: 3 },
    },
  }, { onprogress: (progress) => seen.push(progress) });
  assert.match(textOf(result), /Long running operation completed/);
  // The SDK's client may drop the last one: it handles a notification after the response that follows it.
  assert.deepEqual(seen.slice(0, 2), [{ progress: 1, total: 3 }, { progress: 2, total: 3 }]);
});

testEach("a long operation can be cancelled", async (served, era) => {
  const client = await served.connect("/mcp/all", era);
  const abort = new AbortController();
  const call = client.callTool({
    name: "everything__trigger-long-running-operation",
    arguments: { duration: 30, steps: 100 },
  }, { signal: abort.signal, onprogress: () => abort.abort() });
  await assert.rejects(call);
  // The same client goes on, and so does the server.
  const result = await client.callTool({
    name: "everything__echo",
    arguments: { message: "still here" },
  });
  assert.match(textOf(result), /still here/);
});

testEach("search finds the real tool for a task", async (served, era) => {
  const client = await served.connect("/mcp", era);
  const first = async (query: string) => (await retrieve(client, query))[0]?.name;
  assert.equal(await first("create entities in the knowledge graph"), "memory:create_entities");
  assert.equal(await first("createEntities"), "memory:create_entities");
  assert.equal(await first("directory tree"), "filesystem:directory_tree");
  assert.equal(await first("add two numbers sum"), "everything:get-sum");
  assert.equal(await first("tiny imag"), "everything:get-tiny-image");
});

async function retrieve(client: Client, query: string): Promise<{ name: string }[]> {
  const result = await client.callTool({ name: "retrieve_tools", arguments: { query } });
  return (result.structuredContent as { tools: { name: string }[] }).tools;
}

function textOf(result: CallToolResult): string {
  const [first] = result.content;
  return first?.type === "text" ? first.text : "";
}
