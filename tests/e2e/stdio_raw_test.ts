/** `mcpproxy stdio` spoken to by hand: what it writes, whatever it reads, and how it ends. */
import assert from "node:assert/strict";
import { type Core, startCore } from "../support/core.ts";
import { mcpproxy, Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { fixtureServer } from "./support/servers.ts";
import { modernMeta, RawBridge } from "./support/stdio_bridges.ts";

let sandbox: Sandbox;
let core: Core;

Deno.test.beforeAll(async () => {
  sandbox = await Sandbox.create();
  core = await startCore({ sandbox, config: { mcpServers: [fixtureServer("plain")] } });
  await core.serverIs("plain", "ready");
});

Deno.test.afterAll(async () => {
  await core?.[Symbol.asyncDispose]();
  await sandbox?.[Symbol.asyncDispose]();
});

Deno.test("whatever comes in, nothing but JSON-RPC goes out, and it goes on", async () => {
  await using bridge = new RawBridge(sandbox, { args: ["--log-level", "debug"] });
  const { child } = bridge;
  const garbage: [line: string, code: number][] = [
    ["garbage", -32700],
    ['{"jsonrpc":"2.0"', -32700],
    ["\u0000\u001b[31m", -32700],
    ["{}", -32600],
    ["42", -32600],
    ["null", -32600],
    ["[]", -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
    [`["${"x".repeat(17 * 1024 * 1024)}"]`, -32600],
  ];
  for (const [line] of garbage) await child.tell(line);
  await child.tell("");
  await bridge.initialize();
  const errors = () => bridge.messages().filter(({ id }) => id === null);
  await until(() => errors().length === garbage.length, "each has its error");
  assert.deepEqual(
    errors().map(({ error }) => (error as { code: number }).code),
    garbage.map(([, code]) => code),
  );
  const deep = `${"[".repeat(600)}${"]".repeat(600)}`;
  await child.tell(`{"jsonrpc":"2.0","id":"deep","method":"ping","params":{"a":${deep}}}`);
  assert.equal((await bridge.response("deep")).error?.code, -32600);
  // A batch: its answers come one by one.
  const batch = ["a", "b"].map((id) => ({ jsonrpc: "2.0", id, method: "ping" }));
  await child.tell(JSON.stringify(batch));
  assert.deepEqual((await bridge.response("a")).result, {});
  assert.deepEqual((await bridge.response("b")).result, {});
  assert.equal((await bridge.request("no/such/method")).error?.code, -32601);
  assert.equal((await child.end()).code, 0);
  bridge.messages();
  assert.match(bridge.said(), /transport=unix/);
});

Deno.test("one client may speak both eras, and characters of any kind", async () => {
  await using bridge = new RawBridge(sandbox, { args: ["--all"] });
  await bridge.initialize();
  const call = { name: "plain__echo", arguments: { ä: "€" } };
  const modern = await bridge.request("tools/call", { ...call, _meta: modernMeta });
  assert.equal(modern.result?.resultType, "complete");
  const legacy = await bridge.request("tools/call", call);
  assert.equal(legacy.result?.resultType, undefined);
  const odd = await bridge.request("tools/call", { name: "ünknown tool ", _meta: modernMeta });
  assert.match(odd.error!.message, /Unknown tool: ünknown tool/);
});

Deno.test("answers that are still to come at the end of the input are waited for", async () => {
  await using bridge = new RawBridge(sandbox, { args: ["--all"] });
  await bridge.initialize();
  const params = { name: "plain__progress", _meta: { progressToken: 1 } }; // it takes 600 ms
  await bridge.child.tell(
    JSON.stringify({ jsonrpc: "2.0", id: "last", method: "tools/call", params }),
  );
  assert.equal((await bridge.child.end()).code, 0);
  assert((await bridge.response("last")).result);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`it ends by ${signal} in order, and its calls with it`, async () => {
    await using other = new RawBridge(sandbox, { args: ["--all"] });
    await other.initialize();
    const cancelled = async () => {
      const { result } = await other.request("tools/call", { name: "plain__cancelled" });
      const [{ text }] = result!.content as [{ text: string }];
      return JSON.parse(text).length as number;
    };
    const before = await cancelled();
    await using bridge = new RawBridge(sandbox, { args: ["--all"] });
    await bridge.initialize();
    for (const params of [{ name: "plain__wait" }, { name: "plain__wait", _meta: modernMeta }]) {
      const id = `wait ${JSON.stringify(params)}`;
      await bridge.child.tell(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }));
    }
    await bridge.request("ping");
    await until(async () => (await core.api("/connections")).connections.length > 1, "it is there");
    bridge.child.kill(signal);
    assert.equal((await bridge.child.status).code, 0);
    assert.equal(bridge.said(), "");
    await until(async () => await cancelled() === before + 2, "the server was told of both");
  });
}

Deno.test("it ends quietly when nobody reads what it writes", async () => {
  const [program, ...args] = mcpproxy;
  const child = new Deno.Command(program!, {
    args: [...args, "stdio", "--data-dir", sandbox.dataDir],
    clearEnv: true,
    env: sandbox.environment(),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("garbage\n"));
  const said = await new Response(child.stderr).text();
  assert.equal((await child.status).code, 0);
  assert.equal(said, "");
  await writer.close().catch(() => {});
});
