/** Core, tray and command line as they are downloaded, on a machine with nothing of ours. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { corePid, isCoreRunning } from "../../lib/ipc/core_lock.ts";
import { version } from "../../lib/version.ts";
import { connectClient, textOf } from "../e2e/support/mcp_clients.ts";
import { mark } from "../e2e/support/processes.ts";
import { fixtureServer } from "../e2e/support/servers.ts";
import { startCore } from "../support/core.ts";
import { loggedChild } from "../support/logged_child.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { barePath, build, type Built, unixTest } from "./support/built.ts";

const older = await build("0.0.9");
const built = await build(version);

/** No Deno and no Node on PATH, and no cache with our packages. */
function bare(sandbox: Sandbox): Record<string, string> {
  return { PATH: barePath, DENO_DIR: join(sandbox.folder, "no-deno"), MCPPROXY_CORE_PATH: "" };
}

/** A server is not what is tested here: it runs on the Deno of the tests. */
function server(sandbox: Sandbox, env: Record<string, string> = {}): Record<string, unknown> {
  const { DENO_DIR = "" } = sandbox.environment();
  return fixtureServer("plain", { env: { DENO_DIR, ...env } });
}

async function run({ mcpproxy }: Built, sandbox: Sandbox, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(mcpproxy, {
    args: [...args, "--data-dir", sandbox.dataDir],
    clearEnv: true,
    env: sandbox.environment(bare(sandbox)),
    cwd: sandbox.folder,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

unixTest("serve, status, a tool call over TCP and over the private channel, stop", async () => {
  await using sandbox = await Sandbox.create();
  const { variable, processes } = mark();
  await using core = await startCore({
    sandbox,
    config: { mcpServers: [server(sandbox, variable)] },
    command: [built.mcpproxy],
    env: bare(sandbox),
  });
  await core.serverIs("plain", "ready");
  const status = await run(built, sandbox, "status");
  assert(status.includes(String(core.pid)) && status.includes("plain"), status);
  for (const way of ["tcp", "channel"] as const) {
    await using client = await connectClient(core, "/mcp", "modern", way);
    assert.match(textOf(await client.call("plain:echo", { word: way })), new RegExp(way));
  }
  await run(built, sandbox, "upstream", "disable", "plain");
  await core.serverIs("plain", "disabled");
  assert.equal((await core.stop()).code, 0);
  await until(() => processes().length === 0, "nothing is left");
});

unixTest("the tray starts the core beside it, and takes it along when it ends", async () => {
  await using sandbox = await Sandbox.create();
  const { variable, processes } = mark();
  sandbox.writeConfig({ listen: "127.0.0.1:0", mcpServers: [server(sandbox, variable)] });
  const log = join(sandbox.folder, "tray.err");
  await using tray = loggedChild(
    [built.tray, "--headless", "--data-dir", sandbox.dataDir],
    sandbox.environment({ ...bare(sandbox), SHELL: "" }),
    log,
  );
  await until(() => isCoreRunning(sandbox.dataDir), "the core runs").catch((error) => {
    throw new Error(Deno.readTextFileSync(log), { cause: error });
  });
  await until(async () => (await run(built, sandbox, "status")).includes("ready"), "it is served");
  assert(Deno.readTextFileSync(log).includes(`starting the core: ${built.mcpproxy}`));
  assert.notEqual(corePid(sandbox.dataDir), tray.pid);
  tray.kill("SIGTERM");
  assert.equal((await tray.status).code, 0);
  assert(!isCoreRunning(sandbox.dataDir));
  await until(() => processes().length === 0, "nothing is left");
});

unixTest(
  "upgrade: the newer core serves what the older one has written, and the older again",
  async () => {
    await using sandbox = await Sandbox.create();
    const env = bare(sandbox);
    const config = {
      ...{ api_key: "kept-over-the-upgrade", mcpServers: [server(sandbox)] },
      "not-known-to-us": { kept: true },
    };
    const written = () => JSON.parse(Deno.readTextFileSync(sandbox.configFile));
    const serves = async (programs: Built, expected: string) => {
      await using core = await startCore({ sandbox, command: [programs.mcpproxy], env });
      await core.serverIs("plain", "ready");
      assert.equal((await core.api("/info")).version, expected);
      assert.equal(core.apiKey, "kept-over-the-upgrade");
      assert.equal((await core.stop()).code, 0);
    };
    sandbox.writeConfig(config);
    await serves(older, "0.0.9");
    const before = written();
    await serves(built, version);
    assert.deepEqual(written(), before);
    await serves(older, "0.0.9");
    assert.deepEqual(written(), before);
    assert.deepEqual(before["not-known-to-us"], { kept: true });
  },
);

unixTest("an older core that runs is known by the newer command line", async () => {
  await using sandbox = await Sandbox.create();
  await using core = await startCore({ sandbox, command: [older.mcpproxy], env: bare(sandbox) });
  const { info } = JSON.parse(await run(built, sandbox, "status", "--json"));
  assert.equal(info.version, "0.0.9");
  assert.equal((await core.stop()).code, 0);
});
