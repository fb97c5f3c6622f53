/** Programs and command lines of Windows: what a name may mean, and batch files such as npx.cmd, which only cmd.exe can run. */
import { win32 } from "node:path";
import { UserError } from "./errors.ts";

/** What CreateProcess or cmd.exe can run, in the order in which cmd.exe looks (PATHEXT); scripts of other kinds need their program. */
const runnable = [".com", ".exe", ".bat", ".cmd"];

/**
 * Every file that a command may mean. Unlike cmd.exe, the working directory is not searched: whoever can write there could
 * put a program in the way.
 * @param command the first word of the command
 * @param searchPath PATH of the environment that the program will have
 * @param directory where the program will be started
 * @returns absolute paths, the one that counts most first
 */
export function commandCandidates(
  command: string,
  searchPath: string | undefined,
  directory: string,
): string[] {
  const extension = win32.extname(command).toLowerCase();
  const names = runnable.includes(extension)
    ? [command]
    : runnable.map((each) => `${command}${each}`);
  const folders = /[/\\]/.test(command)
    ? [directory]
    : (searchPath ?? "").split(";").map((each) => each.replaceAll('"', "")).filter(Boolean);
  return folders.flatMap((folder) => names.map((name) => win32.resolve(directory, folder, name)));
}

/** A program and what it is given. */
export interface CommandLine {
  program: string;
  args: string[];
  /** True if the arguments are quoted already, by rules of their own. */
  isRaw: boolean;
}

/**
 * How a program is started. A batch file is run by cmd.exe, which reads its line by rules that differ from those of every
 * other program: quoted as for those, an argument could end its quotes and start another command (CVE-2024-24576,
 * CVE-2024-27980). So everything is quoted for cmd.exe here, in the way that the standard library of Rust has found safe,
 * and what cannot be quoted is refused.
 * @param program absolute path
 * @param args any text
 * @param systemRoot where Windows lies, `C:\Windows`
 * @returns what to start
 * @throws {UserError} if an argument cannot be given to a batch file: it holds the end of a line, or a NUL
 */
export function commandLine(
  program: string,
  args: readonly string[],
  systemRoot: string,
): CommandLine {
  // Windows leaves out dots and spaces at the end of a name: `x.bat. ` is a batch file, too (CVE-2024-43402).
  const name = program.replace(/[. ]+$/, "");
  const isBatch = [".bat", ".cmd"].includes(win32.extname(name).toLowerCase());
  if (!isBatch) return { program, args: [...args], isRaw: false };
  // No file of Windows has such a name; a quotation mark would end the quotes around it.
  // deno-lint-ignore no-control-regex -- control characters are what this refuses
  if (/["%\u0000-\u001f]/.test(program)) throw unsafe(program, "its path");
  const words = args.map((argument, at) => batchArgument(argument, program, at));
  // Extensions on, for the trick with %cd%; no delayed expansion of !NAME!; no AutoRun of the registry.
  const line = [`"${program}"`, ...words].join(" ");
  return {
    program: win32.join(systemRoot, "System32", "cmd.exe"),
    args: [`/e:ON /v:OFF /d /c "${line}"`],
    isRaw: true,
  };
}

/** An argument that stays one, both for cmd.exe and for the program that the batch file hands it on to. */
function batchArgument(argument: string, program: string, at: number): string {
  // deno-lint-ignore no-control-regex -- control characters are what this refuses
  if (/[\u0000\r\n]/.test(argument)) throw unsafe(program, `argument ${at + 1}`);
  const escaped = argument
    // A quotation mark is doubled, and backslashes before one, or before the end, too (CommandLineToArgvW).
    .replace(/(\\*)"/g, '$1$1""')
    .replace(/(\\+)$/, "$1$1")
    // %NAME% would become a variable's value, in quotes as well: an empty part of %cd% comes in between.
    .replaceAll("%", "%%cd:~,%");
  const needsNoQuotes = /^[A-Za-z0-9#$*+\-./:?@\\_]+$/.test(argument) && !argument.endsWith("\\");
  return needsNoQuotes ? argument : `"${escaped}"`;
}

function unsafe(program: string, what: string): UserError {
  return new UserError(
    `${win32.basename(program)} is a batch file, and ${what} holds what cmd.exe cannot be given`,
    { next: "Give the program that it starts as `command`, such as node.exe with its script." },
  );
}
