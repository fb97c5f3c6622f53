/** `mcpproxy stdio` with the official client, a real core and real servers, in both eras of the protocol. */
import assert from "node:assert/strict";
import type { Progress } from "@modelcontextprotocol/client";
import { eras } from "../mcp/harness.ts";
import { type Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { textOf } from "./support/mcp_clients.ts";
import { fixtureServer, realServers } from "./support/servers.ts";
import { connectStdio } from "./support/stdio_bridges.ts";

let sandbox: Sandbox;
let core: Core;
const names = ["everything", "filesystem"];
/** More than one write or read takes, with characters of one to four bytes. */
const large = 'ä€😀"\\\n\u2028\u0000x'.repeat(100_000);

Deno.test.beforeAll(async () => {
  sandbox = await Sandbox.create();
  Deno.writeTextFileSync(`${sandbox.folder}/large.txt`, large);
  const servers = realServers(sandbox.folder).filter(({ name }) => names.includes(name));
  core = await startCore({
    sandbox,
    config: { mcpServers: [...servers, fixtureServer("plain")] },
  });
  await Promise.all([...names, "plain"].map((name) => core.serverIs(name, "ready")));
});

Deno.test.afterAll(async () => {
  await core?.[Symbol.asyncDispose]();
  await sandbox?.[Symbol.asyncDispose]();
});

/** The official transport leaves timers running for two seconds after it was closed. */
function test(name: string, run: () => Promise<void>): void {
  Deno.test(name, { sanitizeOps: false, sanitizeResources: false }, run);
}

for (const era of eras) {
  test(`tools are found and called, without a port and a key (${era})`, async () => {
    await using bridged = await connectStdio(sandbox, era);
    const { tools } = await bridged.client.listTools();
    const offered = tools.map(({ name }) => name).sort();
    assert.deepEqual(offered, ["call_tool", "describe_tool", "retrieve_tools"]);
    const result = await bridged.call("call_tool", {
      name: "everything:echo",
      args: { message: "to and fro" },
    });
    assert.match(textOf(result), /to and fro/);
    assert.equal(bridged.said(), "");
  });

  test(`--all offers every tool (${era})`, async () => {
    await using bridged = await connectStdio(sandbox, era, { args: ["--all"] });
    const { tools } = await bridged.client.listTools();
    assert(tools.some(({ name }) => name === "everything__echo"));
    const read = { path: `${sandbox.folder}/large.txt` };
    const result = await bridged.call("filesystem__read_text_file", read);
    assert(textOf(result) === large, "megabytes of text come through whole");
    const refused = bridged.call("plain__refuse");
    await assert.rejects(refused, (error: Error & { code?: number; data?: unknown }) => {
      assert.equal(error.code, -32099);
      assert.deepEqual(error.data, { because: ["a", 1] });
      return true;
    });
  });

  test(`progress comes while the tool works (${era})`, async () => {
    await using bridged = await connectStdio(sandbox, era, { args: ["--all"] });
    const seen: Progress[] = [];
    const result = await bridged.client.callTool({
      name: "everything__trigger-long-running-operation",
      arguments: { duration: 0.3, steps: 3 },
    }, { onprogress: (progress) => seen.push(progress) });
    assert.match(textOf(result), /completed/);
    assert.deepEqual(seen.slice(0, 2), [{ progress: 1, total: 3 }, { progress: 2, total: 3 }]);
  });

  test(`a call that the client gives up is given up at its server (${era})`, async () => {
    await using bridged = await connectStdio(sandbox, era, { args: ["--all"] });
    const cancelled = async () => JSON.parse(textOf(await bridged.call("plain__cancelled"))).length;
    const before = await cancelled();
    const abort = new AbortController();
    const waiting = bridged.call("plain__wait", {}, abort.signal);
    waiting.catch(() => {});
    abort.abort(); // at once: request and cancellation must not overtake each other
    await assert.rejects(waiting);
    const late = new AbortController();
    const second = bridged.call("plain__wait", {}, late.signal);
    second.catch(() => {});
    setTimeout(() => late.abort(), 300);
    await assert.rejects(second);
    await until(async () => await cancelled() > before, "the server was told");
  });

  test(`the client learns of servers that come and go (${era})`, async () => {
    let changes = 0;
    const options = { args: ["--all"], onToolsChanged: () => changes++ };
    await using bridged = await connectStdio(sandbox, era, options);
    const name = `new-${era}`;
    await core.api("/servers", "POST", fixtureServer("plain", { name }));
    await core.serverIs(name, "ready");
    await until(() => changes > 0, "the client was told");
    assert.equal(textOf(await bridged.call(`${name}__echo`, { a: 1 })), '{"a":1}');
    await core.api(`/servers/${name}`, "DELETE");
  });

  test(`a thousand calls at once all have their own answer (${era})`, async () => {
    await using bridged = await connectStdio(sandbox, era, { args: ["--all"] });
    const slow = new AbortController();
    const waiting = bridged.call("plain__wait", {}, slow.signal);
    waiting.catch(() => {});
    const numbers = Array.from({ length: 1_000 }, (_, number) => number);
    const results = await Promise.all(numbers.map((n) => bridged.call("plain__echo", { n })));
    assert.deepEqual(results.map((result) => JSON.parse(textOf(result)).n), numbers);
    slow.abort();
    await assert.rejects(waiting);
    assert.equal(bridged.said(), "");
  });
}
