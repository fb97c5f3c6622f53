/** Whatever happens, in whatever order: what must hold of the table alone, and of the lifecycle in a world of cores. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Failure,
  initialState,
  type TrayEvent,
  type TrayState,
} from "../../lib/tray/state.ts";
import { crashLimit, next } from "../../lib/tray/transitions.ts";
import { settled } from "./support/fake_clock.ts";
import type { FakeCores } from "./support/fake_cores.ts";
import { Scene } from "./support/scene.ts";

const failures: Failure[] = [
  ...["port_in_use", "data_directory_held", "configuration", "permission"] as const,
  ...["crash_loop", "core_missing", "unresponsive", "untrusted"] as const,
];
const anyEvent: fc.Arbitrary<TrayEvent> = fc.oneof(
  fc.constantFrom<TrayEvent>(
    ...[{ name: "begin" }, { name: "core_outdated" }] as const,
    ...[{ name: "launched" }, { name: "connection_lost" }, { name: "timeout" }] as const,
    ...[{ name: "core_stopped" }, { name: "settings_changed" }, { name: "start" }] as const,
    ...[{ name: "stop" }, { name: "restart" }, { name: "quit" }] as const,
  ),
  fc.boolean().map((crashed): TrayEvent => ({ name: "core_absent", crashed })),
  fc.boolean().map((owned): TrayEvent => ({ name: "core_ready", owned })),
  fc.boolean().map((owned): TrayEvent => ({ name: "core_starting", owned })),
  fc.constantFrom(...failures).map((failure): TrayEvent => ({ name: "blocked", failure })),
  fc.constantFrom(0, 1, 2, 3, 4, 5, 137, 143)
    .map((code): TrayEvent => ({ name: "core_exited", code })),
);

function after(events: readonly TrayEvent[], from: TrayState = initialState): TrayState {
  return events.reduce(next, from);
}

Deno.test("from wherever events lead, quit leads to the end as soon as our core is gone, and nothing leads back", () => {
  fc.assert(fc.property(fc.array(anyEvent), fc.array(anyEvent), (events, more) => {
    const quit = after([{ name: "quit" }], after(events));
    assert(quit.name === "quitting" || quit.name === "ended");
    const still = after(more.filter(({ name }) => name !== "core_stopped"), quit);
    assert.deepEqual(still, quit);
    assert.equal(after([...more, { name: "core_stopped" }], quit).name, "ended");
  }));
});

Deno.test("attempts never pass the limit, and only a core that is well or a person sets them back", () => {
  const attemptOf = (state: TrayState) => "attempt" in state ? state.attempt : null;
  fc.assert(fc.property(fc.array(anyEvent), anyEvent, (events, event) => {
    const before = after(events);
    const [one, two] = [attemptOf(before), attemptOf(next(before, event))];
    if (two !== null) assert(two < crashLimit);
    if (one === null || two === null || two >= one) return;
    assert(["timeout", "start", "restart"].includes(event.name), `${before.name} ${event.name}`);
  }));
});

Deno.test("a core that connects and crashes again and again is given up", () => {
  const round: TrayEvent[] = [
    ...[{ name: "core_absent", crashed: true }, { name: "launched" }, {
      name: "core_ready",
      owned: true,
    }] as const,
    ...[{ name: "core_exited", code: 137 }, { name: "timeout" }] as const,
  ];
  const rounds = Array.from({ length: crashLimit }, () => round).flat();
  const begun = after([{ name: "begin" }]);
  assert.deepEqual(after(rounds, begun), { name: "failed", failure: "crash_loop" });
});

/** What must hold at any moment. */
function check({ cores, lifecycle: { state, view } }: Scene): void {
  const children = cores.children.filter(({ lives }) => lives);
  assert(children.length <= 1, "two cores of ours at a time");
  const foreign = cores.all.filter(({ launchedBy }) => launchedBy !== "tray");
  assert(foreign.every(({ stops }) => stops === 0), "a core that is not ours was stopped");
  assert.equal(view.connection !== null, state.name === "connected", "a connection out of place");
  assert(cores.openConnections <= 1, "a connection that nobody has closed");
  const rests = ["failed", "stopped", "backing_off"].includes(state.name);
  assert.equal(cores.watchers, rests ? 1 : 0, "a watch out of place");
}

interface Command {
  run(scene: Scene): void | Promise<void>;
  /** For the report of a counterexample. */
  toString(): string;
}

const commands = (list: Record<string, Command["run"]>): Command[] =>
  Object.entries(list).map(([name, run]) => ({ run, toString: () => name }));

const anyCommand = fc.oneof(
  fc.constantFrom(...commands({
    start: ({ lifecycle }) => lifecycle.ask("start", "test"),
    stop: ({ lifecycle }) => lifecycle.ask("stop", "test"),
    restart: ({ lifecycle }) => lifecycle.ask("restart", "test"),
    "the core is killed": ({ cores }) => cores.endHolder(137),
    "the core is told to end": ({ cores }) => cores.endHolder(0),
    "the core hangs": ({ cores }) => void (cores.holder && (cores.holder.ready = false)),
    "the core recovers": ({ cores }) => void (cores.holder && (cores.holder.ready = true)),
    "connections break": ({ cores }) => cores.breakConnections("just so"),
    "somebody starts a core": ({ cores }) => void cores.start(""),
    "a former tray's core appears": ({ cores }) => void cores.start("tray"),
    "an old tray's core appears": ({ cores }) => void cores.start("tray", "old"),
    "settings change": ({ cores }) => cores.changeSettings(),
    "nothing can be started": ({ cores }) => void (cores.launchBlocked = "core_missing"),
    "nothing can be looked at": ({ cores }) => void (cores.lookBlocked = "permission"),
    "cores end with 1": ({ cores }) => void (cores.exitCode = 1),
    "cores end with 2": ({ cores }) => void (cores.exitCode = 2),
    "all is well": ({ cores }) => heal(cores),
  })),
  fc.constantFrom(3, 8, 12, 30, 70, 150, 300, 1_000, 5_000, 20_000, 70_000)
    .map((ms): Command => ({
      run: ({ clock }) => clock.advance(ms),
      toString: () => `${ms} ms pass`,
    })),
);

function heal(cores: FakeCores): void {
  cores.lookBlocked = cores.launchBlocked = cores.exitCode = null;
  if (cores.holder) cores.holder.ready = true;
}

Deno.test("in a world of cores: never two of ours, never another's stopped, nothing left behind, no dead end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyCommand, { maxLength: 30, size: "max" }),
      fc.boolean(),
      async (steps, heals) => {
        const scene = new Scene();
        const { cores, clock, lifecycle } = scene;
        lifecycle.begin();
        for (const step of steps) {
          await step.run(scene);
          await settled();
          check(scene);
        }
        if (heals) {
          // From wherever it has come to: when all is well and a person asks for it, there is a core.
          heal(cores);
          await clock.advance(100_000);
          const rests = lifecycle.state.name === "failed" || lifecycle.state.name === "stopped";
          if (rests) lifecycle.ask("start", "test");
          await clock.advance(100_000);
          assert.equal(lifecycle.state.name, "connected");
          check(scene);
        }
        const { state, view: { core } } = lifecycle;
        const owned = "owned" in state && state.owned;
        const adopted = owned && cores.holder?.pid === core?.pid ? cores.holder : null;
        lifecycle.ask("quit", "test");
        await clock.advance(2_000);
        assert.equal(lifecycle.state.name, "ended");
        await lifecycle.ended;
        check(scene);
        assert.equal(cores.openConnections, 0);
        assert(cores.children.every(({ lives }) => !lives), "a core of ours was left behind");
        assert(!adopted?.lives, "an adopted core was left behind");
        await clock.advance(200_000);
        assert.equal(clock.pending, 0, "something still waits");
      },
    ),
    { numRuns: 1000 },
  );
});
