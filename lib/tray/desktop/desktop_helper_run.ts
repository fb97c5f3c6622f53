/** Starts programs of macOS and Windows that do one thing for the tray. Text goes by environment or standard input only. */
import { spawn } from "node:child_process"; // Deno.Command would open a console window on Windows
import { isAbsolute } from "node:path";
import { UserError } from "../../errors.ts";

/** What a program is given beside its arguments. */
export interface RunOptions {
  /** Added to our own environment. */
  env?: Record<string, string>;
  /** Its standard input; nothing if not given. */
  input?: string;
}

/** Milliseconds; the slowest of them, PowerShell on a cold machine, needs a few seconds. */
const patience = 20_000;

/**
 * Runs a program to its end, without a shell and without a window.
 * @param program an absolute path, so that nobody's PATH decides
 * @param args constants, or what {@linkcode requireTarget} has let pass: other users can read them
 * @returns whether it ended well within 20 s
 */
export function runToEnd(
  program: string,
  args: readonly string[],
  { env = {}, input }: RunOptions = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args], {
      env: { ...Deno.env.toObject(), ...env },
      windowsHide: true,
      stdio: [input === undefined ? "ignore" : "pipe", "ignore", "ignore"],
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), patience);
    const end = (isWell: boolean) => {
      clearTimeout(limit);
      resolve(isWell);
    };
    child.on("error", () => end(false));
    child.on("close", (code) => end(code === 0));
    child.stdin?.on("error", () => {}); // its exit code tells
    child.stdin?.end(input);
  });
}

/**
 * Lets pass what may be handed to the system to be opened: an absolute path or a web address. An address of another scheme
 * can make the program that answers to it do more than show something.
 * @param target what shall be opened
 * @throws {UserError} if it is neither
 */
export function requireTarget(target: string): void {
  const isPage = /^https?:\/\//i.test(target) && URL.canParse(target);
  if ((isPage || isAbsolute(target)) && !target.includes("\0")) return;
  throw new UserError(
    `Not opened: ${JSON.stringify(target)} is neither an absolute path nor a web address.`,
  );
}
