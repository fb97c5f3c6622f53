/** The lifecycle of a core that the tray starts itself. */
import assert from "node:assert/strict";
import { crashLimit } from "../../lib/tray/transitions.ts";
import { settled } from "./support/fake_clock.ts";
import { assertName, assertState, running, Scene } from "./support/scene.ts";

Deno.test("it starts a core where there is none, and stops it when it quits", async () => {
  const { clock, cores, states, journal, lifecycle } = new Scene();
  lifecycle.begin();
  await clock.advance(1_000);
  assert.deepEqual(states, ["attaching", "launching", "waiting", "connected"]);
  const [core] = cores.all;
  assert.equal(lifecycle.view.core?.pid, core!.pid);
  lifecycle.ask("quit", "SIGTERM");
  assertName(lifecycle, "quitting");
  await clock.advance(1_000);
  await lifecycle.ended;
  assert(!core!.lives);
  assert.deepEqual(journal, [
    { event: "core_started", by: "start of the tray", pid: core!.pid },
    { event: "core_stopped", by: "SIGTERM", pid: core!.pid, took_ms: 300 },
  ]);
});

Deno.test("go fault 13: a core that crashes while connected is noticed at once and started again", async () => {
  const { clock, cores, states, lifecycle, journal } = await running();
  cores.endHolder(137);
  await settled();
  assertName(lifecycle, "backing_off");
  assert.equal(lifecycle.view.core, null);
  await clock.advance(5_000);
  assertState(lifecycle, { name: "connected", owned: true, attempt: 1 });
  assert(states.includes("launching"));
  const [first, second] = cores.all;
  assert.deepEqual(journal, [
    { event: "core_exited", pid: first!.pid, code: 137, problem: "it ended with 137" },
    { event: "core_started", by: "end of the former core", pid: second!.pid },
  ]);
});

Deno.test("a core that crashes again and again is given up, and what it said last is shown", async () => {
  const { clock, cores, lifecycle } = await running();
  for (let crash = 1; crash <= crashLimit; crash++) {
    assertName(lifecycle, "connected", `before crash ${crash}`);
    cores.endHolder(137);
    await clock.advance(30_000);
  }
  assertState(lifecycle, { name: "failed", failure: "crash_loop" });
  assert.equal(cores.all.length, crashLimit);
  assert.equal(lifecycle.problem?.message, "it ended with 137");
});

Deno.test("of a core that was killed without a word, the signal is told", async () => {
  const { clock, cores, lifecycle } = await running();
  cores.all[0]!.exit.resolve({ code: 137, problem: null });
  await settled();
  assert.equal(lifecycle.problem?.message, "The core was ended by signal 9");
  cores.endHolder(137);
  await clock.advance(5_000);
  assert.equal(lifecycle.problem, null);
});

Deno.test("a core that was well for a minute has all its tries again", async () => {
  const { clock, cores, lifecycle } = await running();
  for (let crash = 1; crash <= 2 * crashLimit; crash++) {
    cores.endHolder(137);
    await clock.advance(100_000);
    assertState(lifecycle, { name: "connected", owned: true, attempt: 0 });
  }
});

Deno.test("go fault 26: a core of ours that is slow, or hangs for hours, is never ended by the tray", async () => {
  const { clock, cores, lifecycle } = await running();
  const [core] = cores.all;
  core!.ready = false;
  cores.breakConnections("nothing came for long");
  await clock.advance(3_600_000);
  assertState(lifecycle, { name: "waiting", owned: true, attempt: 0, slow: true });
  assert.match(lifecycle.problem!.message, /it does not answer/);
  core!.ready = true;
  await clock.advance(2_000);
  assertState(lifecycle, { name: "connected", owned: true, attempt: 0 });
  assert.equal(lifecycle.problem, null);
  assert.equal(core!.stops, 0);
  assert.equal(cores.all.length, 1);
});

Deno.test("what comes late from an earlier core changes nothing", async () => {
  const { clock, cores, lifecycle, journal } = await running();
  const [first] = cores.all;
  lifecycle.ask("restart", "click");
  await clock.advance(2_000);
  assert.deepEqual(journal.map(({ event }) => event), ["core_stopped", "core_started"]);
  first!.exit.resolve({ code: 137, problem: "late" });
  await clock.advance(1_000);
  assertName(lifecycle, "connected");
  assert.equal(lifecycle.problem, null);
});

Deno.test("whoever stops or quits during a launch leaves no core behind, though it had begun", async () => {
  for (const ms of [1, 8, 12, 17, 22]) {
    for (const wish of ["stop", "quit"] as const) {
      const { clock, cores, lifecycle } = new Scene();
      lifecycle.begin();
      await clock.advance(ms);
      lifecycle.ask(wish, "click");
      await clock.advance(2_000);
      assertName(lifecycle, wish === "stop" ? "stopped" : "ended", `${wish} ${ms}`);
      assert(cores.all.every(({ lives }) => !lives), `${wish} ${ms}`);
    }
  }
});

Deno.test("a failure is left when the settings change, and a broken config does not disturb what runs", async () => {
  const { clock, cores, lifecycle, journal } = new Scene();
  cores.lookBlocked = "configuration";
  lifecycle.begin();
  await clock.advance(100_000);
  assertState(lifecycle, { name: "failed", failure: "configuration" });
  assert.deepEqual(journal, [
    { event: "failed", failure: "configuration", problem: "as things are" },
  ]);
  cores.changeSettings(); // still broken
  await clock.advance(1_000);
  assertName(lifecycle, "failed");
  cores.lookBlocked = null;
  cores.changeSettings();
  await clock.advance(1_000);
  assertName(lifecycle, "connected");
  assert.equal(lifecycle.problem, null);

  cores.lookBlocked = "configuration";
  cores.changeSettings();
  cores.breakConnections("just so");
  await clock.advance(100_000);
  assertState(lifecycle, { name: "waiting", owned: true, attempt: 0, slow: true });
  cores.lookBlocked = null;
  await clock.advance(2_000);
  assertName(lifecycle, "connected");
  assert.equal(cores.all.length, 1);
});

Deno.test("nothing is looked for while connected", async () => {
  const { clock, cores } = await running();
  const { looks } = cores;
  await clock.advance(24 * 3_600_000);
  assert.equal(cores.looks, looks);
  assert.equal(clock.pending, 0);
});

Deno.test("a core that takes connections only to drop them does not keep the tray busy", async () => {
  const { clock, cores } = await running();
  const { looks } = cores;
  for (let second = 0; second < 20; second++) {
    cores.breakConnections("again");
    await clock.advance(500);
  }
  assert(cores.looks - looks <= 11, `${cores.looks - looks} looks in 10 s`);
});

Deno.test("a hundred restarts: one core at a time, and each is the one that is shown", async () => {
  const { clock, cores, lifecycle } = await running();
  for (let count = 1; count <= 100; count++) {
    lifecycle.ask("restart", "click");
    await clock.advance(1_500);
    assert.equal(lifecycle.view.core?.pid, cores.holder?.pid);
    assert.equal(cores.all.length, count + 1);
    assert.equal(cores.all.filter(({ lives }) => lives).length, 1);
    assert.equal(cores.openConnections, 1);
  }
});
