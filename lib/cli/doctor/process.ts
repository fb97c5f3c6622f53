/** Whether a process lives, and whose it is. */
import process from "node:process";

/**
 * Asks by a signal that does nothing (kill(2), signal 0).
 * @param pid its process id
 * @returns `foreign` if it lives and is not ours to signal
 */
export function processState(pid: number): "ours" | "foreign" | "gone" {
  try {
    process.kill(pid, 0);
    return "ours";
  } catch (error) {
    const { code } = error as { code?: string };
    return code === "EPERM" ? "foreign" : "gone";
  }
}
