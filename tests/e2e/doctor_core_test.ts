/** `mcpproxy doctor` while a core runs: what only a live look can tell. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { diagnose } from "../../lib/cli/doctor.ts";
import { thisSystem } from "../../lib/cli/doctor/system.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { anyPort, doctor, faultsOf, said } from "./support/doctor.ts";
import { fixtureServer } from "./support/servers.ts";

/** Of a healthy core's checks these say nothing: there is no npx, uvx, docker server, no url and no log file. */
const beside = ["log-directory", "node", "uv", "docker"];

Deno.test("doctor finds nothing wrong with a healthy core, and the kernel vouches for it", async () => {
  await using core = await startCore({ config: { mcpServers: [fixtureServer("plain")] } });
  const { sandbox } = core;
  await core.serverIs("plain", "ready");
  const report = await doctor(sandbox);
  assert.deepEqual(faultsOf(report), []);
  assert.deepEqual(
    report.checks.filter(({ verdict }) => verdict === "skipped").map(({ id }) => id),
    beside,
  );
  assert.match(
    said(report, "peer-identity"),
    new RegExp(`^the kernel vouches: pid \\d+, uid ${Deno.uid()}$`),
  );
  assert.match(said(report, "core-lock"), new RegExp(`held by pid ${core.pid}, which lives`));
  assert.match(said(report, "tcp-host"), /doctor\.invalid: 403; to .*: 200/);
  assert.match(said(report, "tcp-origin"), /403/);
  assert.match(
    said(report, "tcp-key"),
    /without a key: 401; with a wrong one: 401\n\/mcp with a wrong one: 401\nwith the right one: 200/,
  );
  assert.match(said(report, "clock"), /the core agrees/);
  assert.match(said(report, "upstream-command", "plain"), /by the PATH of the running core/);
  assert.match(said(report, "upstream-state", "plain"), /connected, \d+ tools/);

  // For people, and as YAML, it is the same report.
  const { code, stdout } = await sandbox.run(["doctor", "--data-dir", sandbox.dataDir]);
  assert.equal(code, 0);
  assert.match(stdout, /^ok {7}Peer identity: the kernel vouches: pid \d+/m);
  assert.match(stdout, /^Nothing is wrong; \d+ ok, 4 skipped\.$/m);
  assert(!stdout.includes(core.apiKey));
  const yaml = await sandbox.run(["doctor", "-o", "yaml", "--data-dir", sandbox.dataDir]);
  assert.match(yaml.stdout, /^ {2}- id: peer-identity$/m);

  // --fix leaves a core alone that is well.
  assert.deepEqual((await doctor(sandbox, ["--fix"])).fixed, []);
  assert.equal((await core.api("/info")).pid, core.pid);
});

Deno.test("doctor names what is wrong with a core that runs, each by itself", async () => {
  const token = `tok-${crypto.randomUUID()}`;
  await using core = await startCore({
    config: {
      trusted_hosts: ["*"],
      require_mcp_auth: false,
      mcpServers: [
        fixtureServer("ends", { env: { SECRET_TOKEN: token } }),
        { name: "missing", command: "no-such-program", args: [`--token=${token}`] },
        { name: "unset", command: "true", env: { A: "${env:NOT_SET_1}" } },
        { name: "off", command: "no-such-program", enabled: false },
        { name: "kept", command: "no-such-program", quarantined: true },
        { name: "away", url: `http://127.0.0.1:1/mcp?token=${token}` },
      ],
    },
  });
  for (const name of ["missing", "unset", "ends", "away"]) {
    await until(async () => {
      const { servers } = await core.api("/servers");
      return servers.some((each: { name: string; last_error: string | null }) =>
        each.name === name && each.last_error !== null
      );
    }, `${name} has failed`);
  }
  const report = await doctor(core.sandbox);
  assert.deepEqual(faultsOf(report).toSorted(), [
    "mcp-auth?",
    "trusted-hosts?",
    "upstream-command of missing",
    "upstream-references of unset",
    "upstream-state of away",
    "upstream-state of ends",
  ]);
  assert.match(said(report, "upstream-command", "missing"), /PATH of the running core/);
  assert.match(said(report, "upstream-state", "ends"), /\w/);
  assert.match(said(report, "tcp-host"), /trusted_hosts lets every host in/);
  assert.match(said(report, "tcp-key"), /\/mcp is open/);
  const text = JSON.stringify(report);
  assert(!text.includes(token), "a token");
  assert(!text.includes(core.apiKey), "the key");
});

Deno.test("doctor of a core without its channel goes over TCP; with another key it says so", async () => {
  await using core = await startCore({ config: { enable_socket: false } });
  const report = await doctor(core.sandbox);
  assert.deepEqual(faultsOf(report), ["private-channel?"]);
  assert.match(said(report, "private-channel"), /started without it/);
  assert.match(said(report, "core-answer"), /answered by tcp/);
  assert.match(said(report, "peer-identity"), /the key vouches/);

  const env = { MCPPROXY_API_KEY: crypto.randomUUID() };
  const other = await doctor(core.sandbox, [], env);
  assert.deepEqual(faultsOf(other), ["private-channel?", "core-answer"]);
  assert(!JSON.stringify(other).includes(env.MCPPROXY_API_KEY));
  assert(!JSON.stringify(other).includes(core.apiKey));
});

Deno.test("doctor over the channel notices that the core uses another key than the environment says", async () => {
  await using core = await startCore();
  const env = { MCPPROXY_API_KEY: crypto.randomUUID() };
  const report = await doctor(core.sandbox, [], env);
  assert.deepEqual(faultsOf(report), ["tcp-key?"]);
  assert.match(said(report, "tcp-key"), /with the right one: 401\nThe core uses another key/);
});

Deno.test("doctor sees what happened to the socket of a running core, and --fix mends its mode", async () => {
  await using core = await startCore();
  const { sandbox } = core;
  Deno.chmodSync(core.socket, 0o666);
  assert.deepEqual(faultsOf(await doctor(sandbox)), ["socket"]);
  const fixed = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(fixed), []);
  assert.deepEqual(
    fixed.fixed.map(({ id, before, after }) => [id, before, after]),
    [["socket", "mode 0666", "mode 0600"]],
  );
  assert.equal(Deno.lstatSync(core.socket).mode! & 0o777, 0o600);

  Deno.removeSync(core.socket);
  const gone = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(gone), ["socket", "core-answer"]);
  assert.match(said(gone, "socket"), /is gone, though the core runs\nRestart the core/);
  assert.deepEqual(gone.fixed, []);
});

Deno.test("doctor of a core that was killed names what it has left, and --fix removes it", async () => {
  await using sandbox = await Sandbox.create();
  {
    await using core = await startCore({ sandbox });
    await core.kill9();
  }
  assert.deepEqual(faultsOf(await doctor(sandbox)), ["runtime-file?", "socket?"]);
  const { code, stdout } = await sandbox.run(
    ["doctor", "--fix", "--data-dir", sandbox.dataDir],
    anyPort(sandbox),
  );
  assert.equal(code, 0);
  assert.match(stdout, /^mended: \S+runtime\.json: of a core that was killed; now removed$/m);
  assert.match(stdout, /^mended: \S+mcpproxy\.sock: left behind by .*; now removed$/m);
  assert.deepEqual(faultsOf(await doctor(sandbox)), []);
  assert.throws(() => Deno.lstatSync(join(sandbox.dataDir, "mcpproxy.sock")));
  await using core = await startCore({ sandbox });
  assert.equal((await core.api("/status")).running, true);
});

Deno.test("doctor of a core whose config file was broken since names the file alone", async () => {
  await using core = await startCore();
  const { sandbox } = core;
  const text = Deno.readTextFileSync(sandbox.configFile);
  for (const wrong of [`${text}x`, text.replace("{", '{"tools_limit": "many",')]) {
    sandbox.writeConfig(wrong);
    assert.deepEqual(faultsOf(await doctor(sandbox)), ["config-contents"]);
  }
});

Deno.test("doctor of a core that hangs ends in time, and says how to wake it", async () => {
  await using core = await startCore();
  core.kill("SIGSTOP");
  try {
    const start = performance.now();
    const report = await doctor(core.sandbox, ["--fix"]);
    assert(performance.now() - start < 20_000);
    assert.deepEqual(faultsOf(report), ["core-answer"]);
    assert.match(said(report, "core-answer"), new RegExp(`\nRun: kill -CONT ${core.pid}$`));
    assert.deepEqual(report.fixed, []);
  } finally {
    core.kill("SIGCONT");
  }
  assert.deepEqual(faultsOf(await doctor(core.sandbox)), []);
});

Deno.test("doctor tells apart two data directories, and who holds a port", async () => {
  await using sandbox = await Sandbox.create();
  const usual = join(sandbox.home, ".mcpproxy");
  const args = ["--data-dir", usual, "--listen", "127.0.0.1:0"];
  await using core = await startCore({ sandbox, args });
  sandbox.writeConfig({ listen: "127.0.0.1:0", api_key: core.apiKey });
  const other = await doctor(sandbox);
  assert.deepEqual(faultsOf(other), ["other-core?"]);
  assert(said(other, "other-core").includes(`pid ${core.pid} runs for ${usual}`));
  const slip = await doctor(sandbox, [`--data-dir=${sandbox.folder}/dta`]);
  assert.deepEqual(faultsOf(slip), ["data-directory?", "other-core?"]);

  sandbox.writeConfig({ listen: core.tcp, tray_endpoint: `unix://${core.socket}` });
  const both = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(both), ["other-core?", "socket", "port"]);
  assert.match(said(both, "socket"), /lies in the data directory of another core, which runs/);
  assert.match(
    said(both, "port"),
    new RegExp(`held by pid ${core.pid} \\(.*\\), which answers like a core of another data`),
  );
  assert.deepEqual(both.fixed, []);
  assert.equal((await core.api("/info")).pid, core.pid);

  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  sandbox.writeConfig({ listen: `127.0.0.1:${listener.addr.port}` });
  const taken = await doctor(sandbox);
  assert.deepEqual(faultsOf(taken), ["other-core?", "port"]);
  assert.match(said(taken, "port"), new RegExp(`held by pid ${Deno.pid} \\([^)]*\\)\n`));
});

Deno.test("doctor notices a core of another version, and a clock that the core does not share", async () => {
  await using core = await startCore();
  const inputs = {
    flags: { dataDir: core.dataDir },
    environment: { HOME: core.sandbox.home },
    platform: operatingSystem,
    workingDirectory: core.sandbox.folder,
  };
  const newer = await diagnose(inputs, false, { ...thisSystem, version: "99.0.0" });
  assert.deepEqual(faultsOf(newer), ["core-version?"]);
  assert.match(said(newer, "core-version"), /this program 99\.0\.0\nRestart the core/);
  const late = await diagnose(inputs, false, { ...thisSystem, now: () => Date.now() + 60_000 });
  assert.deepEqual(faultsOf(late), ["clock?"]);
  assert.match(said(late, "clock"), /core's is (?:59|60|61) s off/);
});
