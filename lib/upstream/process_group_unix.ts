/** Process groups of a Unix: asking whether one lives, signalling it, and telling a process from a later one of the same id. */

/**
 * Sends a signal to every process of a group.
 * @param group the id of the process that leads it, more than 1
 */
export function signalGroup(group: number, signal: "SIGTERM" | "SIGKILL"): void {
  send(group, signal);
}

/** Whether a group has any process left; one that has ended and was not waited for yet counts (kill(2), signal 0). */
export function groupLives(group: number): boolean {
  return send(group, 0);
}

/**
 * When a process was started, in the system's own terms: good for nothing but comparing.
 * @returns null if there is no such process
 */
export async function startTime(pid: number): Promise<string | null> {
  try {
    // proc_pid_stat(5): the name in brackets may hold anything; the start time, field 22, is the 20th after it.
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${await Deno.readTextFile("/proc/sys/kernel/random/boot_id")}:${ticks}`.replace(
      "\n",
      "",
    );
  } catch {
    return await startTimeByPs(pid); // no /proc on macOS; a process that is gone is unknown to ps, too
  }
}

async function startTimeByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-o", "lstart=", "-p", String(pid)],
      env: { LC_ALL: "C", TZ: "UTC" },
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim() || null;
  } catch {
    return null;
  }
}

function send(group: number, signal: Deno.Signal | number): boolean {
  // kill(-1) would signal every process of the user, kill(0) our own group.
  if (!Number.isInteger(group) || group <= 1) throw new RangeError(`not a process group: ${group}`);
  try {
    Deno.kill(-group, signal);
    return true;
  } catch {
    return false; // nobody is left in it
  }
}
