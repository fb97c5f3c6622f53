/** How long things may take, in milliseconds. */

const firstBackOff = 1_000;
const longestBackOff = 30_000;
/** Enough for whoever runs a core of his own to start it again after a crash. */
const politeBackOff = 2_000;

/** The times of the lifecycle. */
export const times = {
  /** Between two looks for a core that is starting: at first, and in the end. */
  firstLook: 100,
  longestLook: 1_000,
  /** After that a start is called slow; one of somebody else's core is given up after twice the time. */
  slow: 30_000,
  /** A connection that lasted no longer may be made again only after a pause. */
  briefConnection: 5_000,
  /** Within that a broken connection is expected to be there again. */
  reconnect: 10_000,
  /** Between two looks at a core that does not answer. */
  unresponsive: 5_000,
  /** A core that has been connected for so long is well. */
  stable: 60_000,
  /** A server must need a person for so long without interruption, and the connection be as old, before anybody is told. */
  settled: 20_000,
  /**
   * The pause before the next start.
   * @param attempt how many cores have ended by themselves; 0 after the end of one that was not ours
   */
  backOff(attempt: number): number {
    if (attempt === 0) return politeBackOff;
    const delay = Math.min(firstBackOff * 2 ** (attempt - 1), longestBackOff);
    return delay * (1 + Math.random() / 5); // a fifth is left to chance
  },
};
