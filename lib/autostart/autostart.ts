/** Whether the desktop starts the tray at login: one way a platform, picked here. */
import type { Environment } from "../config/environment.ts";
import { operatingSystem } from "../platform.ts";
import { darwinAutostart } from "./autostart_darwin.ts";
import { linuxAutostart } from "./autostart_linux.ts";
import { windowsAutostart } from "./autostart_windows.ts";

/** The place where the desktop looks for what to start at login. Others write there too: its settings, the user. */
export interface Autostart {
  /** Where our entry lies, for people. */
  readonly location: string;
  /** The program that our entry has started at login, there or not; null if there is no entry, or it is switched off. */
  program(): Promise<string | null>;
  /**
   * Whether the next login will start a tray: there is an entry of ours, nobody has switched it off, and the program that
   * it names exists. It may be another copy than this one.
   */
  isEnabled(): Promise<boolean>;
  /**
   * Has this command started at login, in place of what was to be started before.
   * @param command the program's absolute path and its arguments
   * @throws {UserError} if the entry cannot be written or cannot hold the command
   */
  enable(command: readonly string[]): Promise<void>;
  /** Takes the entry away; a tray that runs goes on. @throws {UserError} if that is not allowed */
  disable(): Promise<void>;
  /**
   * Watches for changes, our own among them.
   * @param onChange told whether the tray is started at login, whenever that is no longer what it was
   */
  watch(onChange: (enabled: boolean) => void): AutostartWatch;
}

/** A running watch. */
export interface AutostartWatch {
  /** Ends it; resolves when nothing of it is left. */
  close(): Promise<void>;
}

/**
 * The way of this platform.
 * @param environment for the user's folders
 * @throws {UserError} if the home directory is unknown
 */
export function openAutostart(environment: Environment): Autostart {
  switch (operatingSystem) {
    case "linux":
      return linuxAutostart(environment);
    case "darwin":
      return darwinAutostart(environment);
    case "windows":
      return windowsAutostart();
  }
}
