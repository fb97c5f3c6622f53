/** Turns many requests to do something into few doings. */
import { pause } from "../waiting.ts";

/**
 * Makes a function that gets a task done soon after each call, but runs it never twice at a time and not more often than a
 * gap allows, however often it is called.
 * @param task what to do; must not reject
 * @param gap milliseconds from the end of one run to the beginning of the next
 * @param signal ends it all
 */
export function coalesce(task: () => Promise<void>, gap: number, signal: AbortSignal): () => void {
  let wanted = false;
  let running = false;
  const run = async () => {
    running = true;
    while (wanted && !signal.aborted) {
      wanted = false;
      await task();
      await pause(gap, signal);
    }
    running = false;
  };
  return () => {
    wanted = true;
    if (!running) void run();
  };
}
