/** `mcpproxy upstream`: servers are added, seen, switched and removed from the command line. */
import assert from "node:assert/strict";
import { startCore } from "../support/core.ts";
import { until } from "../support/until.ts";
import { Cli } from "./support/cli.ts";
import { fixtureServer, realServers } from "./support/servers.ts";

const secret = "tok_5f8a9c2e7d";

Deno.test("upstream add, list, inspect, logs, switch and remove, in words and in JSON", async () => {
  await using core = await startCore({ config: { mcpServers: [] } });
  const cli = new Cli(core.sandbox, { FROM_HERE: `here_${secret}` });
  assert.match(await cli.text("upstream", "list"), /No server yet.*mcpproxy upstream add/);
  const everything = realServers(core.sandbox.folder)[0]!;
  const added = await cli.text(
    ...["upstream", "add", "everything", "--env", `SERVICE_TOKEN=${secret}`, "--env", "FROM_HERE"],
    ...["--working-dir", ".", "--env", "REFERENCE=${env:HOME}"],
    ...["--", everything.command as string, ...everything.args as string[]],
  );
  assert.equal(added, "everything: added (mcpproxy upstream list shows when it is connected)\n");
  const { mcpServers: [written] } = JSON.parse(
    await Deno.readTextFile(core.sandbox.configFile),
  );
  assert.deepEqual(written.env, {
    SERVICE_TOKEN: secret,
    FROM_HERE: `here_${secret}`,
    REFERENCE: "${env:HOME}",
  });
  assert.deepEqual([written.args, written.working_dir, written.enabled], [
    everything.args,
    core.sandbox.folder,
    true,
  ]);
  await core.serverIs("everything", "ready");

  assert.match(
    await cli.text("upstream", "list"),
    /^NAME +STATE +TOOLS +HEALTH\neverything +ready/,
  );
  const { servers, stats } = await cli.json("upstream list", ["upstream", "list"]);
  assert.deepEqual([servers[0].name, stats.connected_servers], ["everything", 1]);

  const inspected = await cli.text("upstream", "inspect", "everything");
  assert.match(
    inspected,
    /^everything {2}ready\n[^]*SERVICE_TOKEN=••••[^]*REFERENCE=\$\{env:HOME\}/,
  );
  assert.match(inspected, /^echo +Echoes back[^]*Last lines of its log:\n.*connecting/m);
  const details = await cli.json("upstream inspect", ["upstream", "inspect", "everything"]);
  assert(!inspected.includes(secret) && !JSON.stringify(details).includes(secret));
  assert.deepEqual(details.config.working_dir, core.sandbox.folder);
  assert.match(await cli.text("upstream", "logs", "everything", "-n", "1"), /^[^\n]+: ready\n$/);
  const { count } = await cli.json("upstream logs", ["upstream", "logs", "everything"]);
  assert(count > 1);

  assert.equal(await cli.text("upstream", "disable", "everything"), "everything: disabled\n");
  await core.serverIs("everything", "disabled");
  assert.deepEqual(
    await cli.json("upstream enable", ["upstream", "enable", "everything"]),
    { server: "everything", action: "enable" },
  );
  await cli.json("upstream restart", ["upstream", "restart", "everything"]);
  assert.equal(await cli.text("upstream", "remove", "everything"), "everything: removed\n");
  assert.deepEqual((await core.api("/servers")).servers, []);
});

Deno.test("a server is added by its URL, with headers that are not shown again", async () => {
  await using core = await startCore({ config: { mcpServers: [] } });
  const cli = new Cli(core.sandbox);
  const output = await cli.text(
    ...["upstream", "add", "web", "--url", "http://127.0.0.1:9/mcp", "--transport", "http"],
    ...["--header", `Authorization: Bearer ${secret}`, "--header", "X-Team:a:b", "--disabled"],
  );
  assert.equal(output, "web: added (mcpproxy upstream list shows when it is connected)\n");
  const { mcpServers: [written] } = JSON.parse(
    await Deno.readTextFile(core.sandbox.configFile),
  );
  assert.deepEqual(written, {
    ...{ enabled: false, name: "web", url: "http://127.0.0.1:9/mcp", protocol: "http" },
    headers: { "Authorization": `Bearer ${secret}`, "X-Team": "a:b" },
  });
  const shown = await cli.text("upstream", "inspect", "web") +
    await cli.text("config", "show") + await cli.text("upstream", "list", "-o", "yaml");
  assert(shown.includes("127.0.0.1:9") && !shown.includes(secret));
});

Deno.test("what does not fit together is refused with exit code 4, and never repeats a value", async () => {
  await using core = await startCore({ config: { mcpServers: [] } });
  const cli = new Cli(core.sandbox);
  const expected: [words: string[], what: RegExp][] = [
    [[], /needs a command or a --url.*after --/],
    [["--url", "http://x/", "--", "npx"], /not both/],
    [["--url", "http://x/", "--env", `A=${secret}`], /--env does not go with --url/],
    [["--header", `A: ${secret}`, "--", "npx"], /--header does not go with a command/],
    [["--url", "http://x/", "--header", secret], /--header number 1 is not "Name: value"/],
    [["--env", "NO_SUCH_VARIABLE", "--", "npx"], /NO_SUCH_VARIABLE: there is no such variable/],
  ];
  await Promise.all(expected.map(async ([words, what]) => {
    const fault = await cli.fault(4, "upstream", "add", "x", ...words);
    assert.match(fault, what);
    assert(!fault.includes(secret));
  }));
  assert.match(
    await cli.fault(1, "upstream", "add", "a/b", "--", "npx"),
    /name.*must not contain/,
  );
  assert.deepEqual((await core.api("/servers")).servers, []);
});

Deno.test("a server that is not there is named with those that are nearly called so", async () => {
  await using core = await startCore({
    config: { mcpServers: [{ name: "everything", command: "true", enabled: false }] },
  });
  const cli = new Cli(core.sandbox);
  const commands = [
    ["upstream", "remove"],
    ["upstream", "enable"],
    ["upstream", "restart"],
    ["upstream", "logs"],
    ["upstream", "inspect"],
    ["tools", "list", "--server"],
  ];
  await Promise.all(commands.map(async (words) => {
    const fault = await cli.fault(1, ...words, "evrything");
    assert.match(fault, /no server named "evrything"\. Did you mean everything\?\n$/);
  }));
  assert.match(await cli.fault(1, "upstream", "logs", "-f", "evrything"), /Did you mean/);
  assert.match(await cli.fault(1, "upstream", "enable", "\u001b[31mred\u009b"), /no server named/);
});

Deno.test("why a server does not run is told in words, with when it is tried again", async () => {
  await using core = await startCore({
    config: { mcpServers: [fixtureServer("ends", { name: "broken" })] },
  });
  await core.serverIs("broken", "error");
  const cli = new Cli(core.sandbox);
  await until(async () => {
    const text = await cli.text("upstream", "inspect", "broken");
    return /last error .*cannot find the moon/.test(text) && /retries +[1-9].*next /.test(text);
  }, "its error and its next try");
  assert.match(await cli.text("upstream", "logs", "broken"), /stderr: cannot find the moon/);
});
