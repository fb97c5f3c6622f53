/** The lifecycle with cores that the tray has not started: those of other people, of former trays, and faster ones. */
import assert from "node:assert/strict";
import { assertName, assertState, attached, running, Scene } from "./support/scene.ts";

Deno.test("a core of ours that somebody else has told to end stays ended, until one appears or is asked for", async () => {
  const { clock, cores, lifecycle } = await running();
  cores.endHolder(0);
  await clock.advance(100_000);
  assertName(lifecycle, "stopped");
  assert.equal(cores.all.length, 1);
  const theirs = cores.start("");
  await clock.advance(1_000);
  assertState(lifecycle, { name: "connected", owned: false, attempt: 0 });
  assert.equal(lifecycle.view.core?.pid, theirs.pid);
});

Deno.test("go fault 17: a core that somebody else has started outlives the tray, whatever is clicked", async () => {
  const { clock, cores, lifecycle } = await attached();
  for (const wish of ["stop", "restart", "quit"] as const) {
    lifecycle.ask(wish, "click");
    await clock.advance(10_000);
  }
  await lifecycle.ended;
  assert(cores.holder?.lives);
  assert.equal(cores.holder.stops, 0);
  assert.equal(cores.all.length, 1);
});

Deno.test("go fault 19: the death of a core that is not ours is noticed, and one of ours follows after a pause", async () => {
  const { clock, cores, lifecycle } = await attached();
  cores.endHolder(137);
  await clock.advance(1_100); // it had been connected only just now
  assertName(lifecycle, "backing_off");
  await clock.advance(5_000);
  assertState(lifecycle, { name: "connected", owned: true, attempt: 0 });
});

Deno.test("whoever ends a core, his own or one of a former tray, does not get it back by itself", async () => {
  for (const launchedBy of ["", "tray"]) {
    const { clock, cores, lifecycle } = await attached(launchedBy);
    await clock.advance(60_000);
    cores.endHolder(0);
    await clock.advance(600_000);
    assertName(lifecycle, "stopped", launchedBy);
    assert.equal(cores.all.length, 1);
    const again = cores.start("");
    await clock.advance(10_000);
    assert.equal(lifecycle.view.core?.pid, again.pid);
    assert.equal(cores.all.length, 2);
  }
});

Deno.test("who starts a core of his own again after a crash is not forestalled", async () => {
  const { clock, cores, lifecycle } = await attached();
  await clock.advance(60_000);
  cores.endHolder(137);
  await clock.advance(1_000);
  const again = cores.start("");
  await clock.advance(10_000);
  assert.equal(lifecycle.view.core?.pid, again.pid);
  assert.equal(cores.all.length, 2);
});

Deno.test("go fault 21: an old core of a former tray is replaced, one as new as the tray is taken over", async () => {
  const old = await attached("tray", "old");
  await old.clock.advance(10_000);
  assert.equal(old.cores.all[0]!.stops, 1);
  assert.equal(old.lifecycle.view.core?.version, "new");
  assert.deepEqual(
    old.journal.map(({ event }) => event),
    ["core_stopped", "core_started"],
  );

  const adopted = await attached("tray");
  assertState(adopted.lifecycle, { name: "connected", owned: true, attempt: 0 });
  adopted.lifecycle.ask("quit", "click");
  await adopted.clock.advance(1_000);
  assertName(adopted.lifecycle, "ended");
  assert(!adopted.cores.all[0]!.lives);
});

Deno.test("of a core that was taken over, the disk tells whether it crashed or was told to end", async () => {
  const crashed = await attached("tray");
  crashed.cores.endHolder(137);
  await crashed.clock.advance(10_000);
  assertState(crashed.lifecycle, { name: "connected", owned: true, attempt: 1 });
  const ended = await attached("tray");
  ended.cores.endHolder(0);
  await ended.clock.advance(10_000);
  assertName(ended.lifecycle, "stopped");
});

Deno.test("go fault 18: while a core holds the data directory no other is started, however long it does not answer", async () => {
  const { clock, cores, lifecycle } = await attached();
  const theirs = cores.holder!;
  theirs.ready = false;
  cores.breakConnections("it hangs");
  await clock.advance(600_000);
  assertState(lifecycle, { name: "failed", failure: "unresponsive" });
  assert.equal(cores.all.length, 1);
  // Neither its recovery nor its end needs a click.
  theirs.ready = true;
  await clock.advance(10_000);
  assertName(lifecycle, "connected");
  theirs.ready = false;
  cores.breakConnections("it hangs again");
  await clock.advance(600_000);
  cores.endHolder(137);
  await clock.advance(10_000);
  assertState(lifecycle, { name: "connected", owned: true, attempt: 0 });
});

Deno.test("where another core is faster than ours, that one is used and ours ends by itself", async () => {
  const { clock, cores, lifecycle } = new Scene();
  lifecycle.begin();
  await clock.advance(50); // our process runs, but has not taken the lock yet
  assertName(lifecycle, "waiting");
  const theirs = cores.start("");
  await clock.advance(400); // theirs is ready, ours has not ended yet
  assertName(lifecycle, "waiting");
  await clock.advance(2_000);
  assertState(lifecycle, { name: "connected", owned: false, attempt: 1 });
  assert.equal(lifecycle.view.core?.pid, theirs.pid);
});

Deno.test("a core that is replaced under the tray is followed, and owned no more than it is", async () => {
  const { clock, cores, lifecycle } = await attached("tray");
  await clock.advance(10_000);
  const { holder } = cores;
  cores.end(holder!, 137);
  const theirs = cores.start("");
  theirs.ready = true;
  await clock.advance(1_000);
  assertState(lifecycle, { name: "connected", owned: false, attempt: 0 });
  lifecycle.ask("quit", "click");
  await clock.advance(1_000);
  assert(theirs.lives);
});
