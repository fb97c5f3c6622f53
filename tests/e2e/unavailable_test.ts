/** Servers that are away, hang, flood or crash: their own calls fail soon and say what to do, all others go on. */
import assert from "node:assert/strict";
import type { CallToolResult } from "@modelcontextprotocol/client";
import { eras } from "../mcp/harness.ts";
import { type Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { pause, until } from "../support/until.ts";
import { connectClient, type ConnectedClient, textOf } from "./support/mcp_clients.ts";
import { mark } from "./support/processes.ts";
import { fixtureServer, realServers } from "./support/servers.ts";

/** The result of a call that must be back within a second. */
async function soon(call: Promise<CallToolResult>): Promise<CallToolResult> {
  const start = performance.now();
  const result = await call;
  const took = performance.now() - start;
  assert(took < 1000, `${took} ms`);
  return result;
}

for (const era of eras) {
  for (const path of ["/mcp", "/mcp/all"]) {
    Deno.test(`a call to a server that cannot take it fails within a second and says what to do (${era}, ${path})`, async () => {
      await using core = await startCore({
        config: {
          mcpServers: [
            fixtureServer("plain", { name: "off", enabled: false }),
            fixtureServer("plain", { name: "quarantined", quarantined: true }),
            fixtureServer("silent", { name: "hanging" }),
            fixtureServer("ends", { name: "broken" }),
            { name: "missing", command: "/no/such/program" },
            { name: "unreachable", url: "http://127.0.0.1:1/mcp" },
          ],
        },
      });
      const broken = ["broken", "missing", "unreachable"];
      await Promise.all(broken.map((name) => core.serverIs(name, "error")));
      await using client = await connectClient(core, path, era);
      const expected: [name: string, what: RegExp][] = [
        ["off", /disabled.*enable/is],
        ["quarantined", /quarantined.*"quarantined": false/is],
        ["hanging", /connecting.*try again/is],
        // Between two tries, or in the middle of one.
        ["broken", /cannot find the moon.*(restart "?broken|try again)/is],
        ["missing", /no\/such\/program.*(restart "?missing|try again)/is],
        ["unreachable", /restart "?unreachable|try again/is],
      ];
      for (const [name, what] of expected) {
        const result = await soon(client.call(`${name}:echo`));
        assert.equal(result.isError, true, name);
        assert.match(textOf(result), what);
      }
    });
  }
}

Deno.test("a command that a failed call tells the user to run exists", async () => {
  const off = fixtureServer("plain", { name: "off", enabled: false });
  await using core = await startCore({
    config: { mcpServers: [off, fixtureServer("ends", { name: "broken" })] },
  });
  await core.serverIs("broken", "error");
  await using client = await connectClient(core, "/mcp", "modern");
  for (const name of ["off", "broken"]) {
    const text = textOf(await client.call(`${name}:echo`));
    const command = /mcpproxy ([a-z].+)/.exec(text)?.[1]?.replaceAll(/["'.]/g, "").trim();
    if (command === undefined) continue; // it tells something else to do
    const args = [...command.split(" "), "--data-dir", core.dataDir];
    const { code, stderr } = await core.sandbox.run(args);
    assert.equal(code, 0, `mcpproxy ${command}: ${stderr}`);
  }
});

Deno.test("a server or a tool that is not there is told apart from one that fails", async () => {
  await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
  await core.serverIs("plain", "ready");
  await using discovery = await connectClient(core, "/mcp", "modern");
  await using all = await connectClient(core, "/mcp/all", "modern");
  const absent = await soon(discovery.call("nowhere:echo"));
  assert.equal(absent.isError, true);
  assert.match(textOf(absent), /no tool "nowhere:echo".*retrieve_tools/s);
  const misspelt = await soon(discovery.call("plain:ecko"));
  assert.match(textOf(misspelt), /Did you mean plain:echo/);
  await assert.rejects(soon(all.call("nowhere:echo")), { code: -32602 });
});

Deno.test("a tool that never answers is given up after call_tool_timeout", async () => {
  await using core = await startCore({
    config: { call_tool_timeout: "500ms", mcpServers: [fixtureServer("plain")] },
  });
  await core.serverIs("plain", "ready");
  await using client = await connectClient(core, "/mcp", "modern");
  const result = await client.call("plain:wait");
  assert.equal(result.isError, true);
  assert.match(textOf(result), /did not answer within 0\.5 s.*call_tool_timeout/s);
  assert.equal(textOf(await client.call("plain:echo", { still: "here" })), '{"still":"here"}');
});

Deno.test("a call under way ends at once when its server dies, and the server comes back", async () => {
  const { variable, processes } = mark();
  await using core = await startCore({
    config: { mcpServers: [fixtureServer("plain", { env: variable })] },
  });
  await core.serverIs("plain", "ready");
  await using client = await connectClient(core, "/mcp", "modern");
  const waiting = client.call("plain:wait");
  await pause(200); // so that the call is at the server, most of the times
  const died = performance.now();
  for (const pid of processes()) Deno.kill(pid, "SIGKILL");
  const result = await waiting;
  assert(performance.now() - died < 5_000);
  assert.equal(result.isError, true);
  assert.match(textOf(result), /plain/);
  await core.serverIs("plain", "ready");
  assert.equal(textOf(await client.call("plain:echo", { a: 1 })), '{"a":1}');
});

/** A hundred calls of two real servers, one after the other. @returns milliseconds */
async function hundredCalls({ call }: ConnectedClient): Promise<number> {
  const start = performance.now();
  for (let round = 0; round < 50; round++) {
    const echo = await call("everything:echo", { message: `round ${round}` });
    assert.match(textOf(echo), new RegExp(`round ${round}`));
    const found = await call("memory:search_nodes", { query: "nothing" });
    assert.equal(found.isError, undefined);
  }
  return performance.now() - start;
}

async function addAll(core: Core, modes: string[]): Promise<void> {
  for (const mode of modes) await core.api("/servers", "POST", fixtureServer(mode));
}

Deno.test("servers that hang, flood or crash again and again do not slow the calls of others", async () => {
  await using sandbox = await Sandbox.create();
  const good = realServers(sandbox.folder).filter(({ name }) => name !== "filesystem");
  await using core = await startCore({ sandbox, config: { mcpServers: good } });
  await Promise.all(good.map(({ name }) => core.serverIs(name, "ready")));
  await using client = await connectClient(core, "/mcp", "modern");
  await hundredCalls(client); // what is slow the first time only is of no interest
  const alone = await hundredCalls(client);

  await addAll(core, ["silent", "deaf", "ends", "flood_stderr", "flood_stdout", "flood_changed"]);
  await core.serverIs("ends", "error");
  await until(async () => (await core.api("/servers/flood_stderr/logs")).count > 0, "it floods");
  const among = await hundredCalls(client);

  // The floods themselves take a processor each, of which there may be two.
  assert(
    among < 20 * alone + 5_000,
    `${Math.round(alone)} ms alone, ${Math.round(among)} ms among`,
  );
  const { connected_servers } = (await core.api("/status")).upstream_stats;
  assert(connected_servers >= 2);
});
