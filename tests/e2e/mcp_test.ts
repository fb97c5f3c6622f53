/** MCP from end to end: the official client, a real core, real servers; in both eras of the protocol, on every way there. */
import assert from "node:assert/strict";
import type { CallToolResult, Progress } from "@modelcontextprotocol/client";
import type { Era } from "../mcp/harness.ts";
import type { FakeUpstreams } from "../mcp/fake_upstreams.ts";
import { startRealUpstreams } from "../mcp/real_upstreams.ts";
import { type Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { connectClient, textOf, type Way } from "./support/mcp_clients.ts";
import { fixtureServer, realCommands, realNames, realServers } from "./support/servers.ts";

let sandbox: Sandbox;
let core: Core;
/** The same servers without a core in between. */
let direct: { upstreams: FakeUpstreams; stop(): Promise<void> };

Deno.test.beforeAll(async () => {
  sandbox = await Sandbox.create();
  Deno.writeTextFileSync(`${sandbox.folder}/hello.txt`, "hello from a file");
  const servers = [...realServers(sandbox.folder), fixtureServer("plain")];
  const commands = Object.fromEntries(
    Object.entries(realCommands(sandbox.folder)).map(([name, [server, ...args]]) =>
      [name, [`server-${server}@2026.8.31`, ...args]] as [string, [string, ...string[]]]
    ),
  );
  [core, direct] = await Promise.all([
    startCore({ sandbox, config: { mcpServers: servers } }),
    startRealUpstreams(commands, { MEMORY_FILE_PATH: `${sandbox.folder}/direct.jsonl` }),
  ]);
  await Promise.all([...realNames, "plain"].map((name) => core.serverIs(name, "ready")));
});

Deno.test.afterAll(async () => {
  await core?.[Symbol.asyncDispose]();
  await direct?.stop();
  await sandbox?.[Symbol.asyncDispose]();
});

const routes: [Era, Way][] = [
  ["legacy", "tcp"],
  ["modern", "tcp"],
  ["legacy", "channel"],
  ["modern", "channel"],
  ["modern", "plain socket"],
];

for (const [era, way] of routes) {
  const route = `(${era}, ${way})`;

  Deno.test(`/mcp finds the tools of all three servers and calls them ${route}`, async () => {
    await using connected = await connectClient(core, "/mcp", era, way);
    const { client, call } = connected;
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name).sort(), [
      "call_tool",
      "describe_tool",
      "retrieve_tools",
    ]);
    const find = async (query: string) => {
      const found = await client.callTool({ name: "retrieve_tools", arguments: { query } });
      return (found.structuredContent as { tools: { name: string }[] }).tools[0]?.name ?? "";
    };
    const echo = await find("echo back the input");
    assert.equal(echo, "everything:echo");
    assert.match(textOf(await call(echo, { message: "to and fro" })), /to and fro/);

    const read = await find("read the complete contents of a text file");
    assert.match(read, /^filesystem:read_(text_)?file$/); // the former is a deprecated twin
    assert.equal(
      textOf(await call(read, { path: `${sandbox.folder}/hello.txt` })),
      "hello from a file",
    );
    const search = await find("search for nodes in the knowledge graph");
    assert.equal(search, "memory:search_nodes");
    assert.equal((await call(search, { query: "nothing" })).isError, undefined);
  });

  Deno.test(`/mcp/all lists every tool as server__tool and calls it ${route}`, async () => {
    await using connected = await connectClient(core, "/mcp/all", era, way);
    const { tools } = await connected.client.listTools();
    const names = new Set(tools.map(({ name }) => name));
    for (const server of realNames) {
      for (const tool of direct.upstreams.tools(server)) {
        assert(names.has(`${server}__${tool.name}`), `${server}__${tool.name}`);
      }
    }
    assert.match(textOf(await connected.call("everything:echo", { message: "hello" })), /hello/);
  });

  Deno.test(`what a tool answers comes through whole ${route}`, async () => {
    await using all = await connectClient(core, "/mcp/all", era, way);
    await using discovery = await connectClient(core, "/mcp", era, way);
    const calls: [server: string, tool: string, args: Record<string, unknown>][] = [
      ["everything", "get-tiny-image", {}],
      ["everything", "get-structured-content", { location: "Chicago" }],
      ["everything", "get-annotated-message", { messageType: "error", includeImage: true }],
      ["everything", "get-resource-links", { count: 3 }],
      ["filesystem", "read_text_file", { path: `${sandbox.folder}/hello.txt` }],
      ["filesystem", "read_text_file", { path: "/etc/passwd" }], // isError
      ["memory", "search_nodes", { query: "nothing" }],
    ];
    for (const [server, tool, args] of calls) {
      const expected = plain(await direct.upstreams.callTool(server, tool, args));
      for (const { call } of [all, discovery]) {
        assert.deepEqual(plain(await call(`${server}:${tool}`, args)), expected, tool);
      }
    }
    const outside = await all.call("filesystem:read_text_file", { path: "/etc/passwd" });
    assert.equal(outside.isError, true);
  });

  Deno.test(`progress comes while the tool works ${route}`, async () => {
    await using connected = await connectClient(core, "/mcp/all", era, way);
    const seen: Progress[] = [];
    const result = await connected.client.callTool({
      name: "everything__trigger-long-running-operation",
      arguments: { duration: 0.3, steps: 3 },
    }, { onprogress: (progress) => seen.push(progress) });
    assert.match(textOf(result), /completed/);
    // The SDK's client may drop the last one: it handles a notification after the response that follows it.
    assert.deepEqual(seen.slice(0, 2), [{ progress: 1, total: 3 }, { progress: 2, total: 3 }]);
  });

  Deno.test(`a call that the client gives up is given up at its server ${route}`, async () => {
    await using connected = await connectClient(core, "/mcp/all", era, way);
    const { call } = connected;
    const cancelled = async () => JSON.parse(textOf(await call("plain:cancelled"))).length;
    const before = await cancelled();
    let patience = 150;
    await until(async () => {
      const abort = new AbortController();
      const waiting = call("plain:wait", {}, abort.signal);
      waiting.catch(() => {});
      // Given up before the server has heard of it, there is nothing to tell: then once more, and later.
      setTimeout(() => abort.abort(), patience *= 2);
      await assert.rejects(waiting);
      return await cancelled() > before;
    }, "the server was told");
  });

  Deno.test(`a JSON-RPC error of a server keeps code, message and data ${route}`, async () => {
    await using all = await connectClient(core, "/mcp/all", era, way);
    await using discovery = await connectClient(core, "/mcp", era, way);
    for (const { call } of [all, discovery]) {
      await assert.rejects(call("plain:refuse"), (error: Error & Record<string, unknown>) => {
        assert.equal(error.code, -32099);
        assert.match(error.message, /no, thanks/);
        assert.deepEqual(error.data, { because: ["a", 1] });
        return true;
      });
    }
  });

  Deno.test(`clients learn of servers that come and go ${route}`, async () => {
    let changes = 0;
    await using connected = await connectClient(core, "/mcp/all", era, way, () => changes++);
    const name = `new-${era}-${way.replace(" ", "-")}`;
    const has = async () => {
      const { tools } = await connected.client.listTools();
      return tools.some((tool) => tool.name === `${name}__echo`);
    };
    assert.equal(await has(), false);
    await core.api("/servers", "POST", fixtureServer("plain", { name }));
    await until(() => changes > 0, "a server was added");
    assert.equal(await has(), true);
    assert.equal(textOf(await connected.call(`${name}:echo`, { a: 1 })), '{"a":1}');

    changes = 0;
    await core.api(`/servers/${name}`, "DELETE");
    await until(() => changes > 0, "a server was removed");
    assert.equal(await has(), false);
  });
}

/** A result without what the 2026 era adds to each, the name of who answers, and with no time of day in it. */
function plain(result: CallToolResult): unknown {
  const { _meta, ...rest } = result;
  const { "io.modelcontextprotocol/serverInfo": _ours, ...meta } = _meta ?? {};
  const whole = Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
  return JSON.parse(
    JSON.stringify(whole).replace(/[0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M/g, "TIME"),
  );
}
