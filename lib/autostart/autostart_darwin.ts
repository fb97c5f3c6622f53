/**
 * Start at login on macOS: a launch agent, launchd.plist(5). launchd reads it at login, so it is neither loaded when it is
 * switched on (that would start a second tray) nor unloaded when it is switched off (that would end the one that runs).
 * Whether the user has switched it off in System Settings, under Login Items, cannot be seen without root.
 */
import { join } from "node:path";
import type { Environment } from "../config/environment.ts";
import { UserError } from "../errors.ts";
import type { Autostart } from "./autostart.ts";
import { fileAutostart, homeOf } from "./autostart_file.ts";

const label = "mcpproxy-tray";

/**
 * Start at login on macOS.
 * @param environment for HOME
 * @throws {UserError} if the home directory is unknown
 */
export function darwinAutostart(environment: Environment): Autostart {
  return fileAutostart({
    path: join(homeOf(environment), "Library", "LaunchAgents", `${label}.plist`),
    textOf: launchAgent,
    programOf: launchedProgram,
  });
}

/**
 * The launch agent that has a command started.
 * @param command the program's absolute path and its arguments
 * @throws {UserError} if an argument holds a character that XML 1.0 has no way to write
 */
export function launchAgent(command: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${label}</string>
  <key>ProgramArguments</key>
  <array>
${command.map((argument) => `    <string>${escaped(argument)}</string>`).join("\n")}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <false/>
  <key>LimitLoadToSessionType</key>
  <string>Aqua</string>
  <key>ProcessType</key>
  <string>Interactive</string>
</dict>
</plist>
`;
}

function escaped(text: string): string {
  // deno-lint-ignore no-control-regex -- the characters that XML forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) || !text.isWellFormed()) {
    throw new UserError(`${JSON.stringify(text)} cannot be started at login`, {
      next: "Move the program to a path without control characters.",
    });
  }
  // A carriage return that is not written as a reference would be read as a line feed.
  return text.replace(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * What a launch agent has started at login. Understands the files that we write, also where somebody edited them; what it
 * cannot understand counts as switched off.
 * @param text the property list
 * @returns the program; null if it has none started
 */
export function launchedProgram(text: string): string | null {
  const isOff = /<key>Disabled<\/key>\s*<true\s*\/>/.test(text) ||
    /<key>RunAtLoad<\/key>\s*<false\s*\/>/.test(text);
  const first = /<key>ProgramArguments<\/key>\s*<array>\s*<string>([^<]*)<\/string>/.exec(text);
  return isOff || !first ? null : unescaped(first[1]!);
}

function unescaped(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (reference, decimal?: string, hexadecimal?: string, name?: string) => {
      if (name !== undefined) return names[name] ?? reference;
      return String.fromCodePoint(decimal ? Number(decimal) : parseInt(hexadecimal!, 16));
    },
  );
}
