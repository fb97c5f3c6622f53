/** No desktop: the tray runs, watches and mends the core all the same, without an icon. */
import { UserError } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { Desktop, DesktopListener } from "./desktop.ts";

/**
 * A desktop that shows nothing; messages go to the log.
 * @param listener told once that there is no place for an icon
 */
export function headlessDesktop(listener: DesktopListener): Desktop {
  queueMicrotask(() => listener.onHost(false));
  return {
    show() {},
    notify({ title, body }) {
      logger("tray").warn("{title}: {body}", { title, body });
      return Promise.resolve();
    },
    open: (target) =>
      Promise.reject(
        new UserError(`There is no desktop to open ${target}.`, { next: "Open it by hand." }),
      ),
    copy: (text) =>
      Promise.reject(
        new UserError("There is no clipboard.", { next: `Copy it from here: ${text}` }),
      ),
    close: () => Promise.resolve(),
  };
}
