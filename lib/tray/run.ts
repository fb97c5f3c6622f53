/** Runs the tray of this process: puts its parts together and listens for signals. */
import type { Inputs } from "../config/paths.ts";
import type { ExitCode } from "../errors.ts";
import { closeLog } from "../log_setup.ts";
import { operatingSystem } from "../platform.ts";
import { version } from "../version.ts";
import { openAutostart } from "../autostart/autostart.ts";
import { systemClock } from "./clock.ts";
import { createController } from "./controller.ts";
import { openDesktop } from "./desktop/platform.ts";
import { openTrayLog } from "./tray_log.ts";

/** How to run it. */
export interface RunOptions {
  inputs: Inputs;
  /** True: no icon, whatever the desktop offers. */
  headless: boolean;
  /** The command that starts the tray as it was started now. */
  trayCommand: readonly string[];
}

/**
 * Runs the tray until somebody quits it or a signal ends it.
 * @param options how
 * @returns the exit code, when nothing of it is left
 * @throws {UserError} if it cannot run, such as where another tray watches the data directory
 */
export async function runTray({ inputs, headless, trayCommand }: RunOptions): Promise<ExitCode> {
  // Until it is known where the log file goes, and which secrets must be kept out of it.
  await openTrayLog({ folder: null, level: "info", secrets: () => [] });
  const controller = createController({
    inputs,
    version,
    trayCommand,
    openDesktop: (listener) => openDesktop(listener, { headless }),
    autostart: openAutostart(inputs.environment),
    clock: systemClock,
    openLog: openTrayLog,
  });
  const signals: Deno.Signal[] = operatingSystem === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, () => controller.quit(signal));
  try {
    return await controller.run();
  } finally {
    await closeLog();
  }
}
