import assert from "node:assert/strict";
import fc from "fast-check";
import { transitions, type UpstreamAction, type UpstreamEvent } from "../../lib/upstream/state.ts";
import type { UpstreamState } from "../../lib/upstream/types.ts";

const upstreamStates = Object.keys(transitions) as UpstreamState[];
const upstreamEvents = Object.keys(transitions.disabled) as UpstreamEvent[];

Deno.test("state machine: every state answers every event", () => {
  for (const state of upstreamStates) {
    assert.deepEqual(Object.keys(transitions[state]).sort(), [...upstreamEvents].sort(), state);
    for (const event of upstreamEvents) {
      const { to, actions } = transitions[state][event];
      assert(upstreamStates.includes(to), `${state} ${event}`);
      assert.equal(new Set(actions).size, actions.length, `${state} ${event} does nothing twice`);
    }
  }
});

Deno.test("state machine: there are these states and events, and no others", () => {
  assert.deepEqual(upstreamStates, ["disabled", "connecting", "ready", "error", "stopped"]);
  assert.deepEqual(upstreamEvents, [
    ...["enable", "disable", "connected", "failed", "refused", "lost", "retry", "restart", "stop"],
  ]);
});

Deno.test("state machine: stopped is the end", () => {
  for (const event of upstreamEvents) {
    assert.deepEqual(transitions.stopped[event], { to: "stopped", actions: [] });
  }
  for (const state of upstreamStates) assert.equal(transitions[state].stop.to, "stopped");
});

Deno.test("state machine: a restart connects at once from wherever there is something to restart", () => {
  for (const state of ["connecting", "ready", "error"] as const) {
    const { to, actions } = transitions[state].restart;
    assert.equal(to, "connecting");
    assert.equal(actions.at(-1), "connect");
  }
});

Deno.test("state machine: what cannot succeed is not tried again by itself", () => {
  assert.deepEqual(transitions.connecting.refused, { to: "error", actions: ["disconnect"] });
});

/** What is there outside of the machine, as the machine's owner has it. */
class World {
  state: UpstreamState = "disabled";
  session = false;
  timer = false;

  perform(action: UpstreamAction): void {
    switch (action) {
      case "connect":
        assert(!this.session, "a second session beside the first");
        this.session = true;
        break;
      case "disconnect":
        this.session = false;
        break;
      case "schedule_retry":
        assert(!this.timer, "a second timer beside the first");
        this.timer = true;
        break;
      case "cancel_retry":
        this.timer = false;
    }
  }

  dispatch(event: UpstreamEvent): void {
    // The owner lets a session be heard only while it is the current one, and a timer fires only if it is set.
    if (["connected", "failed", "refused", "lost"].includes(event) && !this.session) return;
    if (event === "retry" && !this.timer) return;
    const { to, actions } = transitions[this.state][event];
    for (const action of actions) this.perform(action);
    this.state = to;
  }

  check(): void {
    assert.equal(
      this.session,
      ["connecting", "ready"].includes(this.state),
      `session in ${this.state}`,
    );
    assert(!this.timer || this.state === "error", `timer in ${this.state}`);
  }
}

Deno.test("state machine: whatever happens, sessions and timers exist exactly where they belong", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...upstreamEvents), { maxLength: 60 }), (events) => {
      const world = new World();
      for (const event of events) {
        world.dispatch(event);
        world.check();
      }
      world.dispatch("stop");
      assert.deepEqual({ ...world }, { state: "stopped", session: false, timer: false });
    }),
    { numRuns: 500 },
  );
});

Deno.test("state machine: from anywhere but the end, enabling and connecting leads to ready", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...upstreamEvents.filter((event) => event !== "stop"))),
      (events) => {
        const world = new World();
        for (const event of events) world.dispatch(event);
        world.dispatch("enable");
        world.dispatch("connected");
        assert.equal(world.state, "ready");
      },
    ),
  );
});
