/** A bound on how much goes on at once. */

/** So many places; who finds none waits for one, in the order of coming. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count how many there are */
  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place, once there is one. */
  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a place free. */
  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
