/**
 * Start at login on Linux: a desktop entry in the user's autostart folder.
 * Desktop Application Autostart Specification 0.5; Desktop Entry Specification 1.5.
 */
import { isAbsolute, join } from "node:path";
import { type Environment, variable } from "../config/environment.ts";
import { UserError } from "../errors.ts";
import type { Autostart } from "./autostart.ts";
import { fileAutostart, homeOf } from "./autostart_file.ts";

const group = "[Desktop Entry]";

/**
 * Start at login on Linux.
 * @param environment for HOME, XDG_CONFIG_HOME and XDG_CURRENT_DESKTOP
 * @throws {UserError} if the home directory is needed and unknown
 */
export function linuxAutostart(environment: Environment): Autostart {
  const given = variable(environment, "XDG_CONFIG_HOME");
  const folder = given && isAbsolute(given) ? given : join(homeOf(environment), ".config");
  const desktops = (variable(environment, "XDG_CURRENT_DESKTOP") ?? "").split(":").filter(Boolean);
  return fileAutostart({
    path: join(folder, "autostart", "mcpproxy-tray.desktop"),
    textOf: desktopEntry,
    programOf: (text) => startedProgram(text, desktops),
  });
}

/**
 * The desktop entry that has a command started.
 * @param command the program's absolute path and its arguments
 * @throws {UserError} if the program's path cannot be written in an entry
 */
export function desktopEntry(command: readonly string[]): string {
  return [
    group,
    "Type=Application",
    "Version=1.0",
    "Name=mcpproxy",
    "Comment=Runs, watches and mends the mcpproxy core",
    `Exec=${execValue(command)}`,
    "Terminal=false",
    "StartupNotify=false",
    "X-GNOME-Autostart-enabled=true",
    "",
  ].join("\n");
}

/**
 * The value of `Exec`: each argument in double quotes where it holds a reserved character, percent signs doubled, since they
 * begin field codes, and then the backslashes doubled once more, as in every string of an entry.
 * @param command the program's absolute path and its arguments
 * @throws {UserError} if the program's path holds "=", which the specification does not allow, or "%", for which GLib looks
 * before it has read "%%" as one
 */
export function execValue(command: readonly string[]): string {
  const forbidden = /[=%]/.exec(command[0] ?? "");
  if (forbidden) {
    throw new UserError(`${command[0]} cannot be started at login: its path holds "${forbidden}"`, {
      next: "Move the program to a path without it.",
    });
  }
  return command.map(quoted).map(escaped).join(" ");
}

function quoted(argument: string): string {
  const literal = argument.replaceAll("%", "%%");
  if (/^[^\s"'\\><~|&;$*?#()`]+$/.test(literal)) return literal;
  return `"${literal.replace(/["`$\\]/g, "\\$&")}"`;
}

function escaped(value: string): string {
  const names: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" };
  return value.replace(/[\\\n\t\r]/g, (character) => names[character]!);
}

/**
 * What an entry has started at login.
 * @param text the entry
 * @param desktops names of the running desktop, as XDG_CURRENT_DESKTOP gives them
 * @returns the program; null if the entry has none started here
 */
export function startedProgram(text: string, desktops: readonly string[]): string | null {
  const values = valuesOf(text);
  const list = (name: string) => values.get(name)?.split(";").filter(Boolean);
  const isOneOfThese = (names: string[]) => names.some((name) => desktops.includes(name));
  const onlyIn = list("OnlyShowIn");
  const isOff = values.get("Hidden") === "true" ||
    values.get("X-GNOME-Autostart-enabled") === "false" ||
    (onlyIn !== undefined && !isOneOfThese(onlyIn)) ||
    isOneOfThese(list("NotShowIn") ?? []);
  return isOff ? null : programOf(values.get("Exec") ?? "");
}

/** Keys and values of the entry's own group; values as they stand there. */
function valuesOf(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => line.trim() === group);
  const values = new Map<string, string>();
  if (start < 0) return values;
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith("[")) break;
    const entry = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (entry) values.set(entry[1]!, entry[2]!);
  }
  return values;
}

/** The first argument of `Exec`. */
function programOf(exec: string): string | null {
  const characters: Record<string, string> = { s: " ", n: "\n", t: "\t", r: "\r" };
  const value = exec.replace(/\\(.)/g, (_, name: string) => characters[name] ?? name);
  const argument = /^\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))/s.exec(value);
  if (!argument) return null;
  const [, inQuotes, bare] = argument;
  return (inQuotes?.replace(/\\(["`$\\])/g, "$1") ?? bare ?? "").replaceAll("%%", "%");
}
