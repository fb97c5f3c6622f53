/** Finds the processes that a core has started, whoever their parent is by now. */
import { operatingSystem } from "../../../lib/platform.ts";
import { isRunning } from "../../upstream/helper.ts";

/** The environment variable by which a test marks its servers: their descendants inherit it. */
export function mark(): { variable: Record<string, string>; processes(): number[] } {
  const value = crypto.randomUUID();
  return { variable: { E2E_MARK: value }, processes: () => processesWith(`E2E_MARK=${value}`) };
}

function processesWith(assignment: string): number[] {
  return (operatingSystem === "linux" ? byProc(assignment) : byPs(assignment)).filter(isRunning);
}

/** proc_pid_environ(5): the environment with which the program was started. */
function byProc(assignment: string): number[] {
  return [...Deno.readDirSync("/proc")]
    .filter(({ name }) => /^[0-9]+$/.test(name))
    .filter(({ name }) => {
      try {
        return Deno.readTextFileSync(`/proc/${name}/environ`).split("\0").includes(assignment);
      } catch {
        return false; // gone meanwhile, or another user's
      }
    })
    .map(({ name }) => Number(name));
}

function byPs(assignment: string): number[] {
  const { stdout } = new Deno.Command("ps", { args: ["-axwwE", "-o", "pid=,command="] })
    .outputSync();
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.includes(assignment))
    .map((line) => Number.parseInt(line));
}
