/** A tray's lifecycle in a world of cores that exist in memory only, with the time in the test's hand. */
import assert from "node:assert/strict";
import type { JournalEntry } from "../../../lib/tray/journal.ts";
import { Lifecycle } from "../../../lib/tray/lifecycle.ts";
import type { TrayState } from "../../../lib/tray/state.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeCores } from "./fake_cores.ts";

/** A tray in its world. */
export class Scene {
  readonly clock = new FakeClock();
  readonly cores = new FakeCores(this.clock);
  readonly journal: JournalEntry[] = [];
  /** The names of its states, one after the other. */
  readonly states: string[] = [];
  readonly lifecycle: Lifecycle = new Lifecycle({
    cores: this.cores,
    clock: this.clock,
    journal: { add: (entry) => this.journal.push(entry) },
    onChange: () => {
      const { name } = this.lifecycle.state;
      if (this.states.at(-1) !== name) this.states.push(name);
    },
  });
}

/** A tray that has started its own core. */
export async function running(): Promise<Scene> {
  const scene = new Scene();
  scene.lifecycle.begin();
  await scene.clock.advance(1_000);
  assertState(scene.lifecycle, { name: "connected", owned: true, attempt: 0 });
  scene.states.length = scene.journal.length = 0;
  return scene;
}

/** A tray that is connected to a core which was there before. */
export async function attached(launchedBy = "", version = "new"): Promise<Scene> {
  const scene = new Scene();
  scene.cores.start(launchedBy, version);
  await scene.clock.advance(1_000);
  scene.lifecycle.begin();
  await scene.clock.advance(1_000);
  assertName(scene.lifecycle, "connected");
  return scene;
}

// Not by assert itself, from which TypeScript would conclude that the state stays so.

/** Demands a state. */
export function assertState({ state }: Lifecycle, expected: TrayState): void {
  assert.deepEqual(state, expected);
}

/** Demands a state by its name. */
export function assertName({ state }: Lifecycle, expected: TrayState["name"], when?: string): void {
  assert.equal(state.name, expected, when);
}
