/** Finding, starting and losing cores that exist in memory only. */
import assert from "node:assert/strict";
import { type CoreAccess, createCoreLink } from "../../lib/bridge/core_link.ts";
import { NoCoreError } from "../../lib/client/connect.ts";
import { ExitCode, UserError } from "../../lib/errors.ts";
import type { CoreExit } from "../../lib/launch/spawn_core.ts";
import { transportTo } from "./harness.ts";

const patience = { comeBack: 60, comeBackUnstarted: 200, ready: 400 };

/** One data directory: who holds it, and whether that one answers. */
class FakeMachine implements CoreAccess {
  held = false;
  answers = false;
  starts = 0;
  released = 0;
  /** What becomes of a core that is started. */
  onStart: (exit: (exit: CoreExit) => void) => void = () => {
    this.held = true;
    setTimeout(() => this.answers = true, 30);
  };
  connect = () =>
    this.answers
      ? Promise.resolve(transportTo(() => new Response()))
      : Promise.reject(new NoCoreError("/data"));
  isHeld = () => Promise.resolve(this.held);
  start: CoreAccess["start"] = () => {
    this.starts++;
    const exited = Promise.withResolvers<CoreExit>();
    this.onStart(exited.resolve);
    return Promise.resolve({
      pid: 1,
      exited: exited.promise,
      ended: exited.promise,
      release: () => void this.released++,
    });
  };
}

Deno.test("many who ask at once get the one core that is started", async () => {
  const machine = new FakeMachine();
  const link = createCoreLink(machine, patience);
  const transports = await Promise.all(Array.from({ length: 50 }, () => link.get()));
  assert.equal(new Set(transports).size, 1);
  assert.equal(machine.starts, 1);
  assert.equal(machine.released, 1);
  assert.equal(link.current(), transports[0]);
});

Deno.test("a core that is starting already is waited for", async () => {
  const machine = new FakeMachine();
  machine.held = true;
  setTimeout(() => machine.answers = true, 50);
  await createCoreLink(machine, patience).get();
  assert.equal(machine.starts, 0);
});

Deno.test("one of ours that comes second makes way for the first", async () => {
  const machine = new FakeMachine();
  machine.onStart = (exit) => {
    machine.held = true;
    exit({ code: ExitCode.dataDirectoryHeld, problem: "Another core holds it" });
    setTimeout(() => machine.answers = true, 50);
  };
  await createCoreLink(machine, patience).get();
  assert.equal(machine.starts, 1);
});

Deno.test("one that does not start says why, with its exit code", async () => {
  const machine = new FakeMachine();
  machine.onStart = (exit) => exit({ code: 2, problem: "Port 8080 is in use." });
  await assert.rejects(createCoreLink(machine, patience).get(), (error: UserError) => {
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, "The mcpproxy core did not start: Port 8080 is in use.");
    return true;
  });
  machine.onStart = (exit) => exit({ code: 137, problem: null });
  await assert.rejects(createCoreLink(machine, patience).get(), (error: UserError) => {
    assert.equal(error.exitCode, ExitCode.general);
    assert.match(error.message, /it ended with exit code 137/);
    return true;
  });
});

Deno.test("one that never answers is given up", async () => {
  const machine = new FakeMachine();
  machine.onStart = () => machine.held = true;
  await assert.rejects(
    createCoreLink(machine, patience).get(),
    /does not answer within 0\.4 s: No mcpproxy core is running for \/data/,
  );
});

Deno.test("after a core was lost, whoever watches over it may start it again first", async () => {
  const machine = new FakeMachine();
  machine.held = machine.answers = true;
  const link = createCoreLink(machine, patience);
  link.drop(await link.get());
  machine.held = machine.answers = false;
  setTimeout(() => machine.held = machine.answers = true, 20);
  await link.get();
  assert.equal(machine.starts, 0);

  link.drop(link.current()!);
  machine.held = machine.answers = false;
  const begin = performance.now();
  await link.get();
  assert.equal(machine.starts, 1);
  assert(performance.now() - begin >= patience.comeBack);
});

Deno.test("where none may be started, one that was lost is waited for, and none at first is not", async () => {
  const machine = new FakeMachine();
  machine.start = null;
  const link = createCoreLink(machine, patience);
  const begin = performance.now();
  await assert.rejects(link.get(), NoCoreError);
  assert(performance.now() - begin < patience.comeBackUnstarted);
  machine.answers = true;
  link.drop(await link.get());
  machine.answers = false;
  setTimeout(() => machine.answers = true, 50);
  await link.get();
});

Deno.test("what can wait starts no core, and takes the one that comes", async () => {
  const machine = new FakeMachine();
  const link = createCoreLink(machine, patience);
  const end = new AbortController();
  const given = link.waitFor(end.signal);
  end.abort();
  await assert.rejects(given, { name: "AbortError" });
  const waiting = link.waitFor(new AbortController().signal);
  setTimeout(() => machine.answers = true, 50);
  assert.equal(await waiting, link.current());
  assert.equal(machine.starts, 0);
});

Deno.test("a mistake that only a person can mend is told at once", async () => {
  const machine = new FakeMachine();
  const error = new UserError("open to others", { exitCode: ExitCode.permission });
  machine.connect = () => Promise.reject(error);
  await assert.rejects(createCoreLink(machine, patience).get(), error);
  assert.equal(machine.starts, 0);
});
