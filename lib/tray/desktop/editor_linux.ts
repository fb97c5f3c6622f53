/** Which editors can be told at which line to open a file, and how. */
import { runProgram } from "./program_linux.ts";

type Arguments = (path: string, line: number) => string[];

const plus: Arguments = (path, line) => [`+${line}`, path]; // gedit(1), pluma(1), vim(1), emacs(1)
const option: Arguments = (path, line) => ["--line", `${line}`, path]; // `kate --help`, `kwrite --help`
const goto: Arguments = (path, line) => ["--goto", `${path}:${line}`]; // code.visualstudio.com/docs/configure/command-line
const suffix: Arguments = (path, line) => [`${path}:${line}`]; // `subl --help`, `zed --help`

/** By the name of the desktop entry, without `.desktop`. */
const editors: Readonly<Record<string, [program: string, arguments: Arguments]>> = {
  "org.gnome.gedit": ["gedit", plus],
  "pluma": ["pluma", plus],
  "gvim": ["gvim", plus],
  "emacs": ["emacs", plus],
  "org.kde.kate": ["kate", option],
  "org.kde.kwrite": ["kwrite", option],
  "code": ["code", goto],
  "code-oss": ["code-oss", goto],
  "codium": ["codium", goto],
  "cursor": ["cursor", goto],
  "sublime_text": ["subl", suffix],
  "dev.zed.Zed": ["zed", suffix],
};
/** What the config file may count as; the first that has an editor decides, as it does for xdg-open. */
const types = ["application/json", "text/plain"];
/** Milliseconds: for the answer which editor it is, and after which one that still runs has opened the file. */
const [answerMs, openMs] = [2_000, 3_000];

/**
 * Opens a text file at a line, in the editor that the user has for such files.
 * @param path an absolute path
 * @param line counted from 1
 * @param searchPath where programs are looked for; our own PATH if not given
 * @returns false if that editor is not known to understand a line, or did not start
 */
export async function openAtLine(
  path: string,
  line: number,
  searchPath: string | undefined,
): Promise<boolean> {
  for (const type of types) {
    const entry = await usualProgram(type, searchPath);
    if (entry === "") continue;
    const editor = editors[entry];
    if (!editor) return false;
    const [program, args] = editor;
    const result = await runProgram(program, {
      ...{ args: args(path, line), searchPath, patience: openMs },
    });
    return result === "done" || result === "running";
  }
  return false;
}

/** The name of the desktop entry that opens files of a type; "" if there is none, or no xdg-mime(1) to tell. */
async function usualProgram(type: string, searchPath: string | undefined): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("xdg-mime", {
      args: ["query", "default", type],
      ...searchPath === undefined ? {} : { env: { PATH: searchPath } },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(answerMs),
    }).output();
    return new TextDecoder().decode(stdout).trim().replace(/\.desktop$/, "");
  } catch {
    return "";
  }
}
