/** `mcpproxy tools`: the tools of real servers are found, shown and called from the command line. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Core, startCore } from "../support/core.ts";
import { until } from "../support/until.ts";
import { Cli, conforming, RunningCommand } from "./support/cli.ts";
import { fixtureServer, realNames, realServers } from "./support/servers.ts";

/** A core with the three real servers, ready. */
async function realCore(): Promise<Core> {
  const core = await startCore();
  for (const server of realServers(core.sandbox.folder)) await core.api("/servers", "POST", server);
  await Promise.all(realNames.map((name) => core.serverIs(name, "ready")));
  return core;
}

Deno.test("tools of real servers are listed, found, shown and called", async () => {
  await using core = await realCore();
  const cli = new Cli(core.sandbox);

  const list = await cli.text("tools", "list");
  for (const name of ["everything:echo", "filesystem:read_text_file", "memory:create_entities"]) {
    assert(list.includes(`\n${name} `), name);
  }
  const all = await cli.json("tools list", ["tools", "list"]);
  const some = await cli.json("tools list", ["tools", "list", "--server", "memory"]);
  assert(all.count > some.count && some.count > 0);

  assert.match(await cli.text("tools", "search", "sum", "numbers"), /\neverything:get-sum /);
  const found = await cli.json("tools search", ["tools", "search", "text", "file", "--limit", "2"]);
  assert.deepEqual([found.query, found.results.length], ["text file", 2]);
  assert.match(
    await cli.text("tools", "search", "qqqqzzzz"),
    /^Nothing found for "qqqqzzzz" .*: mcpproxy upstream list\n$/,
  );

  const shown = await cli.text("tools", "show", "everything:get-sum");
  assert.match(shown, /^everything:get-sum\n[^]*\n {2}a {2}number, required\n {6}First number\n/);
  assert.match(shown, /mcpproxy tools call everything:get-sum a=<number> b=<number>\n$/);
  await cli.json("tools show", ["tools", "show", "everything:get-sum"]);

  const call = ["tools", "call"];
  assert.equal(
    await cli.text(...call, "everything:get-sum", "a=2", "b=40"),
    "The sum of 2 and 40 is 42.\n",
  );
  assert.equal(
    await cli.text(...call, "everything:echo", "--args", '{"message":"a"}', "message=42"),
    "Echo: 42\n",
    "a string stays one, and pairs go before --args",
  );
  const file = join(core.sandbox.folder, "args.json");
  Deno.writeTextFileSync(file, '{"message":"from a file"}');
  assert.match(await cli.text(...call, "everything:echo", "--args-file", file), /from a file/);
  const image = await cli.text(...call, "everything:get-tiny-image");
  assert.match(image, /\n\[image image\/png, [0-9]{3,} bytes\]\n/);
  const result = await cli.json("tools call", [...call, "everything:get-tiny-image"]);
  assert(result.content.some(({ type }: { type: string }) => type === "image"));
  assert.match(await cli.text(...call, "everything:get-resource-reference"), /\[resource /);

  await core.api("/servers/memory/disable", "POST");
  await core.serverIs("memory", "disabled");
  assert.match(
    await cli.fault(1, ...call, "memory:read_graph"),
    /disabled.*upstream enable memory/,
  );
  assert.match(await cli.fault(1, "tools", "show", "memory:read_graph"), /not connected/);
});

Deno.test("what a file or a tool holds cannot play tricks on the terminal, and may be huge", async () => {
  await using core = await realCore();
  const cli = new Cli(core.sandbox);
  const hostile =
    "\u001b[2J\u001b]0;title\u0007red\u009b31m\u202etxt\u0000\rend ü 漢字 🎉\n\tsecond";
  const path = join(core.sandbox.folder, "hostile.txt");
  Deno.writeTextFileSync(path, hostile);
  const call = ["tools", "call", "filesystem:read_text_file", `path=${path}`];
  const text = await cli.text(...call);
  assert.match(text, /red[^]*end ü 漢字 🎉\n\tsecond\n$/);
  for (const format of ["json", "yaml"]) {
    const raw = await cli.text(...call, "-o", format);
    assert(raw.includes("end ü 漢字 🎉"), format);
  }
  const { content } = conforming("tools call", JSON.parse(await cli.text(...call, "--json")));
  assert.equal(content[0].text, hostile, "programs get it as it is");

  const size = 3 * 1024 * 1024;
  Deno.writeTextFileSync(path, "x".repeat(size));
  assert.equal((await cli.text(...call)).length, size + 1);
});

Deno.test("a tool that says it failed, or is called wrongly, ends with exit code 1 or 4", async () => {
  await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
  await core.serverIs("plain", "ready");
  const cli = new Cli(core.sandbox);
  const call = ["tools", "call"];
  const whole = await cli.run(...call, "plain:whole");
  assert.deepEqual([whole.code, whole.stdout], [1, ""]);
  assert.match(whole.stderr, /^\[image image\/png, 2 bytes\]\n\[hologram\]\n$/);
  const result = await cli.json("tools call", [...call, "plain:whole"], 1);
  assert.deepEqual([result.isError, result.other], [true, "kept"]);
  const refused = await cli.run(...call, "plain:refuse");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /error -32099: .*no, thanks/);
  const crashed = await cli.run(...call, "plain:crash");
  assert.equal(crashed.code, 1);
  assert.match(crashed.stderr, /connection to the server was lost/);
  await core.serverIs("plain", "ready");

  assert.match(await cli.fault(1, ...call, "plain:eco"), /Did you mean plain:echo, /);
  assert.match(await cli.fault(1, ...call, "echo"), /no tool "echo"/);
  assert.match(await cli.fault(1, "tools", "show", "plain:eco"), /Did you mean plain:echo, /);
  const wrong: [words: string[], what: RegExp][] = [
    [["--args", "{"], /--args is not JSON/],
    [["--args", "[1]"], /--args is not a JSON object/],
    [["--args-file", "/no/such/file"], /\/no\/such\/file cannot be read/],
    [["--args", "{}", "--args-file", "x"], /exclude each other/],
    [["--args", "-"], /standard input is not JSON/],
    [["novalue"], /"novalue" is not key=value/],
  ];
  await Promise.all(wrong.map(async ([words, what]) => {
    assert.match(await cli.fault(4, ...call, "plain:echo", ...words), what);
  }));
});

Deno.test("Ctrl+C cancels the call at the server, and calls are counted", async () => {
  await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
  await core.serverIs("plain", "ready");
  const cli = new Cli(core.sandbox);
  await using waiting = new RunningCommand(core.sandbox, "tools", "call", "plain:wait");
  await until(async () => {
    const { connections } = await core.api("/connections");
    const ours = connections.find(({ pid }: { pid: number }) => pid === waiting.pid);
    return ours?.requests > 1; // the first one asks whether the core answers at all
  }, "the call is under way");
  waiting.kill("SIGINT");
  assert.equal(await waiting.ended(), 130);
  await until(
    async () => /\[[0-9]+\]/.test(await cli.text("tools", "call", "plain:cancelled")),
    "the server is told",
  );
  const metrics = await (await core.overSocket("/metrics")).text();
  assert.match(metrics, /tool_calls_total\{server="plain",outcome="cancelled"\} 1/);
  assert.match(metrics, /tool_calls_total\{server="plain",outcome="success"\} [1-9]/);
});
