/** Processes of cores: starting, ending, and what they said. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { adoptCore, startCore as startProcess } from "../../lib/tray/core_process.ts";
import type { OwnedCore } from "../../lib/tray/cores.ts";
import { startCore } from "../support/core.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { askToEnd } from "../../lib/tray/end_request.ts";
import { version } from "../../lib/version.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { until } from "../support/until.ts";
import { isRunning } from "../upstream/helper.ts";

/** Runs a script in the place of a core; it says `up` in a file when it has come so far. */
async function start(folder: string, script: string): Promise<OwnedCore> {
  const core = startProcess(
    {
      program: { command: "/bin/sh", args: ["-c"] },
      args: [`${script}`],
      environment: { PATH: "/usr/bin:/bin", ONLY: "this" },
      directory: folder,
    },
    (text) => text.replaceAll("hush", "[redacted]"),
    undefined,
    { term: 300, kill: 5_000 },
  );
  await until(() => Deno.statSync(join(folder, "up")).isFile, "it is up");
  return core;
}

Deno.test("it runs in a process group of its own, with the environment it was given and no other", async () => {
  using folder = temporaryFolder();
  const core = await start(folder.path, "env >env; touch up; exec sleep 100");
  const args = ["-o", "pgid=", "-p", String(core.pid)];
  const { stdout } = await new Deno.Command("ps", { args }).output();
  assert.equal(new TextDecoder().decode(stdout).trim(), String(core.pid));
  const variables = Deno.readTextFileSync(join(folder.path, "env")).trim().split("\n")
    .filter((line) => !/^(_|PWD|SHLVL|OLDPWD)=/.test(line));
  assert.deepEqual(variables.sort(), ["ONLY=this", "PATH=/usr/bin:/bin"]);
  await core.stop();
  assert(!isRunning(core.pid));
});

Deno.test("its end is told with the code and the reason, though another process still holds its standard error", async () => {
  using folder = temporaryFolder();
  const core = await start(
    folder.path,
    "sleep 100 & echo $! >child; echo 'mcpproxy: hush is wrong' >&2; touch up; exit 4",
  );
  assert.deepEqual(await core.exited, { code: 4, problem: "[redacted] is wrong" });
  Deno.kill(Number(Deno.readTextFileSync(join(folder.path, "child"))), "SIGKILL");
  await core.stop(); // of one that has ended, nothing
});

Deno.test("one that does not end when it is told to is killed, with all that it has started into its group", async () => {
  using folder = temporaryFolder();
  const core = await start(folder.path, "trap '' TERM; sleep 100 & echo $! >child; touch up; wait");
  const child = Number(Deno.readTextFileSync(join(folder.path, "child")));
  await core.stop();
  await until(() => !isRunning(core.pid) && !isRunning(child), "both are gone");
  assert.equal((await core.exited)!.code, 137);
});

Deno.test("one that floods its standard error is not held up, and does not fill our memory", async () => {
  using folder = temporaryFolder();
  const flood = "yes 'some noise' | head -c 50000000 >&2; printf '\\nmcpproxy: done\\n' >&2";
  const core = await start(folder.path, `touch up; ${flood}; exit 1`);
  assert.deepEqual(await core.exited, { code: 1, problem: "done" });
});

Deno.test("a program that cannot be started is told by its path", () => {
  const command = { environment: {}, directory: "/", args: [] };
  for (const program of ["/no/such/program", "/etc/passwd", "/tmp"]) {
    assert.throws(
      () => startProcess({ ...command, program: { command: program, args: [] } }, String),
      { name: "CoreMissingError", message: new RegExp(program) },
    );
  }
});

Deno.test("a core that was taken over is stopped if it holds the lock, and nobody else is", async () => {
  await using core = await startCore({
    config: { listen: "127.0.0.1:0" },
    env: { MCPPROXY_LAUNCHED_BY: "tray" },
  });
  using folder = temporaryFolder();
  const bystander = await start(folder.path, "touch up; exec sleep 100");
  await adoptCore(bystander.pid, core.dataDir).stop();
  assert(isRunning(bystander.pid));
  await bystander.stop();

  // Where others may write, the lock file is proof of nothing.
  Deno.chmodSync(core.dataDir, 0o770);
  await adoptCore(core.pid, core.dataDir).stop();
  assert(isRunning(core.pid));
  Deno.chmodSync(core.dataDir, 0o700);
  await adoptCore(core.pid, core.dataDir).stop();
  assert.equal(await core.exited, 0);
});

Deno.test("where there is no SIGTERM a core is asked to end over its channel, and it does so in order", async () => {
  await using core = await startCore({ config: {}, env: { MCPPROXY_LAUNCHED_BY: "tray" } });
  const inputs = {
    flags: { dataDir: core.dataDir },
    environment: core.sandbox.environment(),
    platform: operatingSystem,
    workingDirectory: core.sandbox.folder,
  };
  assert.equal(await askToEnd(inputs, version, core.pid + 1), false, "another one is not asked");
  assert.equal(core.exitCode, null);
  await adoptCore(core.pid, core.dataDir, (pid) => askToEnd(inputs, version, pid)).stop();
  assert.equal(await core.exited, 0);
  assert.match(core.output(), /asked to stop over socket by process [0-9]+/);
  assert.equal(await askToEnd(inputs, version, core.pid), false, "nor is one that is gone");
});

Deno.test("one that cannot be asked is sent the signal", async () => {
  let asked = 0;
  await using core = await startCore({ config: {}, env: { MCPPROXY_LAUNCHED_BY: "tray" } });
  await adoptCore(core.pid, core.dataDir, () => Promise.resolve(asked++ > 0)).stop();
  assert.deepEqual([await core.exited, asked], [0, 1]);
});
