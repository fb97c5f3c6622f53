/** Start at login on Windows: a value of the user's `Run` key, which Explorer reads after login. */
import { win32 } from "node:path";
import { messageOf, UserError } from "../errors.ts";
import { logger } from "../log.ts";
import type { Autostart, AutostartWatch } from "./autostart.ts";
import { deleteValue, readBytes, readText, writeText } from "./autostart_registry_windows.ts";

const run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run";
/** Where the Task Manager and the Settings note what the user has switched off there. */
const approved = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\StartupApproved\\Run";
const valueName = "mcpproxy-tray";
/** Documented for the Run key. */
const longestCommandLine = 260;
/** Milliseconds between two looks; a look costs microseconds, and the registry has no file to watch. */
const pollInterval = 5_000;

/** Start at login on Windows. */
export function windowsAutostart(): Autostart {
  return {
    location: `HKCU\\${run}, value "${valueName}"`,
    program: () => Promise.resolve(startedProgram()),
    isEnabled: () => Promise.resolve(isEnabled()),
    enable(command) {
      return attempt(() => {
        writeText(run, valueName, runValue(command));
        deleteValue(approved, valueName);
      });
    },
    disable: () => attempt(() => deleteValue(run, valueName)),
    watch,
  };
}

/**
 * A command line that CommandLineToArgvW takes apart into this command again.
 * @param command the program, whose path holds no quotation mark, and its arguments
 */
export function commandLine(command: readonly string[]): string {
  return command.map((argument) => {
    if (/^[^\s"]+$/.test(argument)) return argument;
    // Backslashes are themselves only where no quotation mark follows.
    const inner = argument.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, "$&$&");
    return `"${inner}"`;
  }).join(" ");
}

/**
 * The program of a command line.
 * @param line a value of the Run key
 * @returns the first argument; null if there is none
 */
export function programOf(line: string): string | null {
  const program = /^\s*(?:"([^"]*)"|(\S+))/.exec(line);
  return program ? program[1] ?? program[2] ?? null : null;
}

function runValue(command: readonly string[]): string {
  const line = commandLine(command);
  if (line.length <= longestCommandLine) return line;
  throw new UserError(
    `The command is too long to be started at login (${line.length} of ${longestCommandLine} characters)`,
    { next: "Move the program to a shorter path." },
  );
}

function startedProgram(): string | null {
  const line = readText(run, valueName);
  // An odd first byte says that the user has switched it off.
  const isOff = ((readBytes(approved, valueName)?.[0] ?? 0) & 1) === 1;
  return line === undefined || isOff ? null : programOf(line);
}

function isEnabled(): boolean {
  const program = startedProgram();
  return program !== null && exists(program);
}

function exists(program: string): boolean {
  if (!win32.isAbsolute(program)) return true;
  try {
    return Deno.statSync(program).isFile;
  } catch {
    return false;
  }
}

function watch(onChange: (enabled: boolean) => void): AutostartWatch {
  let seen: boolean | undefined;
  const look = () => {
    try {
      const enabled = isEnabled();
      const changed = seen !== undefined && seen !== enabled;
      seen = enabled;
      if (changed) onChange(enabled);
    } catch (error) {
      logger("tray").info("the registry could not be read: {reason}", {
        reason: messageOf(error),
      });
    }
  };
  look();
  const timer = setInterval(look, pollInterval);
  return {
    close() {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}

/** What is thrown at once becomes a rejection, as on the other systems. */
function attempt(change: () => void): Promise<void> {
  return Promise.resolve().then(change);
}
