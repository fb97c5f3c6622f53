/** Picks the desktop of this platform. */
import { operatingSystem } from "../../platform.ts";
import type { Desktop, DesktopListener } from "./desktop.ts";
import { headlessDesktop } from "./desktop_headless.ts";

/** What may be asked for. */
export interface DesktopOptions {
  /** True: no icon, whatever the desktop offers. */
  headless: boolean;
}

/**
 * The desktop of this platform. Each is loaded only where it is used.
 * @param listener told of clicks, and whether there is a place for an icon
 * @param options what is asked for
 * @returns the desktop, which shows nothing yet
 */
export async function openDesktop(
  listener: DesktopListener,
  { headless }: DesktopOptions,
): Promise<Desktop> {
  if (headless) return headlessDesktop(listener);
  switch (operatingSystem) {
    case "linux": {
      const { linuxDesktop } = await import("./desktop_linux.ts");
      return await linuxDesktop(listener);
    }
    case "darwin": {
      const { darwinDesktop } = await import("./desktop_darwin.ts");
      return await darwinDesktop(listener);
    }
    case "windows": {
      const { windowsDesktop } = await import("./desktop_windows.ts");
      return await windowsDesktop(listener);
    }
  }
}
