/**
 * A second user of this machine, for tests of what one user can do to another. Root makes the account on first use and
 * leaves it there: it has no home, no shell and no password.
 */
import { operatingSystem } from "../../lib/platform.ts";
import type { ChildOptions } from "./child.ts";

/** An account that is neither ours nor root's. */
export interface SecondUser {
  uid: number;
  gid: number;
  /**
   * A command that runs another as this user, in its group alone.
   * @param command the program @param options its arguments, and where it runs
   * @returns what to start
   */
  as(command: string, options?: ChildOptions): { command: string; options: ChildOptions };
}

const name = "mcpproxy-test";

/** The second user, or why there is none: only root can act as another. */
export const secondUser: SecondUser | string = findOrMake();

/**
 * A test that needs root and the second user. Without them it says so and is left out; where CI=true it fails instead, so
 * that nobody takes it for passed.
 * @param title of the test
 * @param test is given the second user
 */
export function testWithSecondUser(
  title: string,
  test: (user: SecondUser) => void | Promise<void>,
): void {
  const isMissing = typeof secondUser === "string";
  const mayMiss = Deno.env.get("CI") !== "true";
  if (isMissing && mayMiss) {
    // deno-lint-ignore no-console -- a test that does not run has to say so
    console.error(`not run, since ${secondUser}: ${title}`);
  }
  Deno.test({
    name: title,
    ignore: isMissing && mayMiss,
    fn: () => {
      if (typeof secondUser === "string") throw new Error(secondUser);
      return test(secondUser);
    },
  });
}

function findOrMake(): SecondUser | string {
  if (operatingSystem !== "linux") return "only Linux has setpriv(1)";
  if (Deno.uid() !== 0) return "only root can act as another user";
  if (!run("setpriv", "--version")) return "setpriv(1) is missing";
  // Two test modules may do this at once: who comes second finds what the first has made.
  const uid = idOf("-u") ?? (make() ? idOf("-u") : null);
  const gid = idOf("-g");
  if (uid === null || gid === null) {
    return `there is no user ${name}, and useradd(8) cannot make it`;
  }
  const through = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
  if (!run("setpriv", ...through, Deno.execPath(), "--version")) {
    return `user ${name} may not execute ${Deno.execPath()}`;
  }
  return {
    uid,
    gid,
    as: (command, options = {}) => ({
      command: "setpriv",
      options: { ...options, args: [...through, command, ...options.args ?? []] },
    }),
  };
}

function make(): boolean {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (run("useradd", "-M", "--system", "-U", "-s", "/usr/sbin/nologin", name)) return true;
    if (idOf("-u") !== null) return true; // made by another test just now
  }
  return false;
}

function idOf(which: "-u" | "-g"): number | null {
  const text = run("id", which, name);
  return text === null ? null : Number(text);
}

/** What a command prints; null if it fails or is not there. */
function run(command: string, ...args: string[]): string | null {
  try {
    const { success, stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() || "done" : null;
  } catch {
    return null;
  }
}
