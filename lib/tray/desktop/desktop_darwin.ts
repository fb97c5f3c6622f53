/** The desktop of macOS. */
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { homeOf } from "../../autostart/autostart_file.ts";
import { iconFile } from "../icons/icons.ts";
import type { Desktop, DesktopListener, Notice } from "./desktop.ts";
import { helperDesktop } from "./desktop_helper.ts";
import { type HelperFile, installHelper } from "./desktop_helper_program.ts";
import { requireTarget, runToEnd } from "./desktop_helper_run.ts";
import { lines, oneLine } from "./text.ts";

/** The program for macOS. For Intel; Apple's own processors run it by Rosetta. */
export const darwinHelper: HelperFile = {
  name: "tray_darwin_release",
  sha256: "b406fe6d13d1ba66f901a07267ecfcf1b615e9c8b3410287be576706bd737791",
};
/** Shown at 16 points; twice that for displays of double density. */
const iconPixels = 32;
/** Reads what it says from its environment, so that no text can become a part of it, and no other user can read it. */
const notifyScript = `
  const variables = $.NSProcessInfo.processInfo.environment;
  const text = (name) => ObjC.unwrap(variables.objectForKey(name));
  const application = Application.currentApplication();
  application.includeStandardAdditions = true;
  application.displayNotification(text("MCPPROXY_BODY"), { withTitle: text("MCPPROXY_TITLE") });
`;

/**
 * The desktop of macOS.
 * @param listener told of clicks, and whether there is an icon
 */
export async function darwinDesktop(listener: DesktopListener): Promise<Desktop> {
  const read = (name: Parameters<typeof iconFile>[0]) => Deno.readFile(iconFile(name, iconPixels));
  const icons = {
    running: await read("running"),
    busy: await read("busy"),
    attention: await read("attention"),
    stopped: await read("stopped"),
  };
  return helperDesktop(listener, {
    style: { icons, escapeLabel: (label) => label },
    command: helperCommand,
    notify,
    open,
    copy,
  });
}

async function helperCommand(): Promise<string[]> {
  const path = await installHelper(
    darwinHelper,
    join(homeOf(Deno.env.toObject()), "Library", "Caches"),
  );
  // Where the tray itself was downloaded by a browser, what it writes may be marked as such and be kept from starting.
  await runToEnd("/usr/bin/xattr", ["-d", "com.apple.quarantine", path]);
  return [path];
}

async function notify({ title, body }: Notice): Promise<void> {
  const env = { MCPPROXY_TITLE: oneLine(title, 100), MCPPROXY_BODY: lines(body, 400) };
  await runToEnd("/usr/bin/osascript", ["-l", "JavaScript", "-e", notifyScript], { env });
}

async function open(target: string): Promise<void> {
  requireTarget(target);
  if (await runToEnd("/usr/bin/open", [target])) return;
  // A file that no program has claimed, such as a log: as text.
  if (await runToEnd("/usr/bin/open", ["-t", target])) return;
  throw new UserError(`Nothing here could open ${target}.`, { next: "Open it by hand." });
}

async function copy(text: string): Promise<void> {
  // Without a locale, as launchd starts us, it would take the text for MacRoman.
  const env = { LC_CTYPE: "UTF-8" };
  if (await runToEnd("/usr/bin/pbcopy", [], { env, input: text })) return;
  throw new UserError("The text could not be put on the clipboard.", {
    next: `Copy it from here: ${text}`,
  });
}
