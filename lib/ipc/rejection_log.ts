/** The log of those who were turned away from the private channel. */
import { logger } from "../log.ts";

/**
 * Logs each rejected peer, but one line a second at most for a peer that keeps coming: it must not fill our disk.
 * @returns writes a line: a template of the log, and what stands in it
 */
export function createRejectionLog(): (who: string, values: Record<string, unknown>) => void {
  const log = logger("ipc");
  let quietUntil = 0;
  let suppressed = 0;
  return (who, values) => {
    if (Date.now() < quietUntil) {
      suppressed++;
      return;
    }
    log.warn(
      `rejected a peer of the private channel: ${who}; {suppressed} more since the last such line`,
      { ...values, suppressed },
    );
    quietUntil = Date.now() + 1000;
    suppressed = 0;
  };
}
