/** Opens files, folders and web pages with the program that the user has for them. */
import { UserError } from "../../errors.ts";
import type { Bus } from "./bus.ts";
import { runProgram } from "./program_linux.ts";

/** Most openers hand over and end at once; some become the browser itself. */
const patience = 3_000;
const portal = {
  destination: "org.freedesktop.portal.Desktop",
  path: "/org/freedesktop/portal/desktop",
  interface: "org.freedesktop.portal.OpenURI",
};

/**
 * Opens a file, a folder or a web page.
 * @param target a path, or an address that starts with http: or https:; others are refused, since a program that answers to
 * an address can be made to do more than show something
 * @param searchPath where openers are looked for; our own PATH if not given
 * @param bus for desktops that have only a portal; null if there is none
 * @throws {UserError} if the target is refused or nothing can open it
 */
export async function openTarget(
  target: string,
  searchPath: string | undefined,
  bus: Bus | null,
): Promise<void> {
  const isPage = /^https?:/i.test(target);
  if (target.includes("\0") || (!isPage && /^[a-z][a-z0-9+.-]*:/i.test(target))) {
    throw new UserError(
      `Not opened: ${JSON.stringify(target)} is neither a path nor a web address.`,
    );
  }
  // A name that starts with a dash would be taken for an option.
  const argument = isPage || target.startsWith("/") ? target : `./${target}`;
  for (const [program, ...args] of [["xdg-open", argument], ["gio", "open", argument]] as const) {
    const result = await runProgram(program, { args, searchPath, patience });
    if (result === "done" || result === "running") return;
  }
  if (isPage && bus && await openByPortal(bus, target)) return;
  throw new UserError(`Nothing here could open ${target}.`, {
    next: "Install xdg-utils, or open it by hand.",
  });
}

/** The portal takes addresses only; a file would have to be handed over as a descriptor. */
async function openByPortal(bus: Bus, address: string): Promise<boolean> {
  try {
    const [noWindow, noOptions] = ["", {}];
    await bus.call(portal, "OpenURI", "ssa{sv}", [noWindow, address, noOptions]);
    return true;
  } catch {
    return false;
  }
}
