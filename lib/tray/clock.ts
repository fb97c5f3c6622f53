/** Time, handed in so that tests need not wait for it. */

/** A clock. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Calls a function once, later.
   * @param ms milliseconds from now
   * @param action called then
   * @returns the function that prevents it
   */
  after(ms: number, action: () => void): () => void;
}

/** The system's. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Waits.
 * @param clock whose time
 * @param ms milliseconds
 * @param signal ends the wait early
 * @returns when the time is over or the signal is aborted
 */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    if (signal.aborted) done();
    else signal.addEventListener("abort", done);
  });
}
