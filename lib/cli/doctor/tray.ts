/** Checks of the tray, which nobody has to have. */
import { openAutostart } from "../../autostart/autostart.ts";
import type { Inputs } from "../../config/paths.ts";
import { messageOf } from "../../errors.ts";
import { trayPid } from "../../ipc/tray_lock.ts";
import { type Check, type Known, ok, skipped, warning } from "./check.ts";

/** What is known of the tray. */
export interface TrayFindings {
  checks: Check[];
  /** Whether the next login starts one. */
  startsAtLogin: boolean;
}

/**
 * Looks for a tray, and whether the desktop starts one.
 * @param inputs for the user's folders
 * @param dataDirectory whose tray
 * @returns the checks
 */
export async function checkTray(
  inputs: Inputs,
  dataDirectory: Known<string>,
): Promise<TrayFindings> {
  const tray = judgeTray(dataDirectory);
  try {
    const autostart = openAutostart(inputs.environment);
    const program = await autostart.program();
    const startsAtLogin = await autostart.isEnabled();
    if (program === null) {
      return { checks: [tray, ok("autostart", "off")], startsAtLogin };
    }
    const check = startsAtLogin
      ? ok("autostart", `on: ${program}, by ${autostart.location}`)
      : warning(
        "autostart",
        `${autostart.location} names ${program}, which does not exist`,
        "Run: mcpproxy-tray autostart enable (or disable)",
      );
    return { checks: [tray, check], startsAtLogin };
  } catch (error) {
    const check = skipped("autostart", messageOf(error));
    return { checks: [tray, check], startsAtLogin: false };
  }
}

function judgeTray(dataDirectory: Known<string>): Check {
  if ("unknown" in dataDirectory) return skipped("tray", dataDirectory.unknown);
  const pid = trayPid(dataDirectory.value);
  return ok("tray", pid === null ? "none runs; none is needed" : `runs${pid && ` as pid ${pid}`}`);
}
