/** A clock that stands still until it is told to go on. */
import type { Clock } from "../../../lib/tray/clock.ts";

/** Time that a test makes. */
export class FakeClock implements Clock {
  #now = 0;
  #timers: { due: number; action: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { due: this.#now + ms, action };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets time pass; whatever becomes due happens in its order, with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const [first] = this.#timers.toSorted((one, other) => one.due - other.due);
      if (!first || first.due > end) break;
      this.#timers = this.#timers.filter((timer) => timer !== first);
      this.#now = Math.max(this.#now, first.due);
      first.action();
    }
    this.#now = end;
  }
}

/** Resolves when everything has happened that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await undefined;
}
