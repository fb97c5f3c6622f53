/** The tray as a process of its own: what is left of it, and of its core, however it ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { corePid, isCoreRunning } from "../../lib/ipc/core_lock.ts";
import { mark } from "../e2e/support/processes.ts";
import { fixtureServer } from "../e2e/support/servers.ts";
import type { Child } from "../support/child.ts";
import { loggedChild } from "../support/logged_child.ts";
import { Sandbox } from "../support/sandbox.ts";
import { pause, until } from "../support/until.ts";
import { isRunning } from "../upstream/helper.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const program = join(project, "tests/tray/fixtures/headless_tray.ts");

/**
 * Starts a tray with the least permissions that it can do with: it reads the owner and mode of every folder down to its
 * files, starts and signals what it finds, and calls nothing by FFI.
 */
function trayProcess(sandbox: Sandbox, env: Record<string, string> = {}): Child {
  const socket = `unix:${join(sandbox.dataDir, "mcpproxy.sock")}`;
  const permissions = [
    ...["--allow-read", `--allow-write=${sandbox.dataDir}`, `--allow-net=localhost,${socket}`],
    ...["--allow-env", "--allow-run", "--allow-sys=uid"],
  ];
  const run = ["run", "-q", "--no-prompt", "--config", join(project, "deno.json")];
  return loggedChild(
    [Deno.execPath(), ...run, ...permissions, program, sandbox.dataDir],
    sandbox.environment(env),
    join(sandbox.folder, "tray.err"),
  );
}

/** Waits until a tray is connected, and tells to which core; it knows these servers then. */
async function connected(tray: Child, from = 0, ...servers: string[]): Promise<number> {
  const line = JSON.parse(await tray.line('"connected"', from));
  assert.deepEqual(line.servers, servers);
  return line.core;
}

function isCore(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", {
    args: ["-ww", "-o", "command=", "-p", String(pid)],
  }).outputSync();
  return new TextDecoder().decode(stdout).includes("main.ts serve ");
}

interface Entry {
  event: string;
  by?: string;
  pid?: number;
  tray: number;
}

function journal(sandbox: Sandbox): Entry[] {
  const path = join(sandbox.dataDir, "logs", "tray-lifecycle.jsonl");
  return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("a tray that is told to end takes its core with it, and its log tells transport, endpoint and peer", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig({ api_key: "k3y-that-nobody-may-see" });
  await using tray = trayProcess(sandbox);
  const core = await connected(tray);
  assert(isRunning(core));
  tray.kill("SIGTERM");
  assert.equal((await tray.status).code, 0);
  assert(!isRunning(core));
  assert(!isCoreRunning(sandbox.dataDir));
  const log = Deno.readTextFileSync(join(sandbox.dataDir, "logs", "tray.log"));
  assert.match(log, new RegExp(`transport=unix endpoint=unix://.*mcpproxy\\.sock peer=${core}\\b`));
  assert(!log.includes("k3y-that"));
});

Deno.test("a tray that is killed leaves its core to those who use it; the next takes it over, and stops it", async () => {
  await using sandbox = await Sandbox.create();
  const { variable, processes } = mark();
  {
    await using first = trayProcess(sandbox, variable);
    const core = await connected(first);
    first.kill("SIGKILL");
    await first.status;
    assert.equal(corePid(sandbox.dataDir), core);

    await using second = trayProcess(sandbox, variable);
    assert.equal(await connected(second), core);
    second.kill("SIGTERM");
    assert.equal((await second.status).code, 0);
    assert(!isCoreRunning(sandbox.dataDir));
  }
  await until(() => processes().length === 0, "nothing is left");
});

Deno.test("go fault 22: the journal tells who asked for each start and stop", async () => {
  await using sandbox = await Sandbox.create();
  await using tray = trayProcess(sandbox);
  const first = await connected(tray);
  await tray.tell("restart_core");
  const second = await connected(tray, tray.lines.length);
  Deno.kill(second, "SIGKILL");
  const third = await connected(tray, tray.lines.length);
  tray.kill("SIGTERM");
  await tray.status;
  assert.deepEqual(
    journal(sandbox).map(({ event, by, pid, tray: itself }) => {
      assert.equal(itself, tray.pid);
      return [event, by, pid].filter((part) => part !== undefined).join(" / ");
    }),
    [
      "tray_started",
      `core_started / start of the tray / ${first}`,
      `core_stopped / click / ${first}`,
      `core_started / click / ${second}`,
      `core_exited / ${second}`,
      `core_started / end of the former core / ${third}`,
      `core_stopped / SIGTERM / ${third}`,
      "tray_ended / SIGTERM",
    ],
  );
});

Deno.test("a hundred quick restarts of tray and core, in every way: never two cores, nothing left, and each tray sees all servers", async () => {
  // Side by side, since each of them mostly waits.
  await Promise.all(Array.from({ length: 5 }, () => restartQuickly(20)));
});

async function restartQuickly(rounds: number): Promise<void> {
  await using sandbox = await Sandbox.create();
  const { variable, processes } = mark();
  sandbox.writeConfig({ mcpServers: [fixtureServer("plain", { env: variable })] });
  const cores = () => processes().filter(isCore);
  const ends: ((tray: Child, core: number) => void)[] = [
    (tray) => tray.kill("SIGTERM"),
    (tray) => tray.kill("SIGKILL"),
    (tray, core) => {
      Deno.kill(core, "SIGKILL");
      tray.kill("SIGKILL");
    },
    (tray, core) => {
      Deno.kill(core, "SIGTERM");
      tray.kill("SIGTERM");
    },
    (tray, core) => {
      tray.kill("SIGTERM");
      Deno.kill(core, "SIGKILL");
    },
  ];
  for (let round = 0; round < rounds; round++) {
    await using tray = trayProcess(sandbox, variable);
    // Each fifth goes before it has come to anything.
    const core = round % 5 === 4 ? null : await connected(tray, 0, "plain");
    assert(cores().length <= 1, `${cores().length} cores in round ${round}`);
    if (core === null) {
      await tray.line("launching");
      tray.kill(round % 2 === 0 ? "SIGTERM" : "SIGKILL");
    } else {
      ends[round % ends.length]!(tray, core);
    }
    await tray.status;
  }
  await using last = trayProcess(sandbox, variable);
  await connected(last, 0, "plain");
  last.kill("SIGTERM");
  assert.equal((await last.status).code, 0);
  await until(() => processes().length === 0, "nothing is left");
}

Deno.test("a machine that slept: tray, core and server go on as if nothing had been", async () => {
  await using sandbox = await Sandbox.create();
  const { variable, processes } = mark();
  sandbox.writeConfig({ mcpServers: [fixtureServer("plain", { env: variable })] });
  await using tray = trayProcess(sandbox, variable);
  const core = await connected(tray, 0, "plain");
  const asleep = processes();
  assert(asleep.includes(core) && asleep.length >= 3);
  const seen = tray.lines.length;
  for (const pid of asleep) Deno.kill(pid, "SIGSTOP");
  await pause(3_000);
  // They do not wake at the same moment, and the config has changed meanwhile.
  sandbox.writeConfig({
    mcpServers: [fixtureServer("plain", { env: variable }), { name: "late", command: "/no" }],
  });
  for (const pid of asleep) {
    Deno.kill(pid, "SIGCONT");
    await pause(100);
  }
  await tray.line('"plain","late"');
  assert(tray.lines.slice(seen).every((line) => JSON.parse(line).core === core));
  assert.deepEqual(
    journal(sandbox).map(({ event }) => event),
    ["tray_started", "core_started"],
  );
  tray.kill("SIGTERM");
  await tray.status;
  await until(() => processes().length === 0, "nothing is left");
});

Deno.test("the program itself: no session bus is no error, it says so once, and quits with its core", async () => {
  for (const options of [[], ["--headless"]]) {
    await using sandbox = await Sandbox.create();
    sandbox.writeConfig({ listen: "127.0.0.1:0" });
    const log = join(sandbox.folder, "tray.err");
    const run = ["run", "-q", "--no-prompt", "--config", join(project, "deno.json"), "-P=tray"];
    await using tray = loggedChild(
      [Deno.execPath(), ...run, join(project, "tray.ts"), "-d", sandbox.dataDir, ...options],
      sandbox.environment({ DBUS_SESSION_BUS_ADDRESS: "", XDG_RUNTIME_DIR: sandbox.folder }),
      log,
    );
    await until(() => Deno.readTextFileSync(log).includes("-> connected"), "it is connected");
    assert.equal(Deno.readTextFileSync(log).split("there is no place for an icon").length, 2);
    tray.kill("SIGINT");
    assert.equal((await tray.status).code, 0);
    assert(!isCoreRunning(sandbox.dataDir));
  }
});
