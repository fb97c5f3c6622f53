/**
 * The desktops of macOS and Windows: icon and menu by a helper program, the rest by what the platform hands in. A helper that
 * ends is replaced by another, later and later if that goes on.
 */
import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { Desktop, DesktopListener, TrayView } from "./desktop.ts";
import { HelperIcon, type HelperStyle } from "./desktop_helper_icon.ts";

/** What differs between the platforms. */
export interface HelperPlatform extends Pick<Desktop, "notify" | "open" | "copy"> {
  style: HelperStyle;
  /** The command that starts a helper. @throws an Error if there is none */
  command(): Promise<readonly string[]>;
}

/** Milliseconds that an icon stays before another takes its place only because its menu has another shape. */
const shortestStay = 1_000;
/** Milliseconds before the next try, doubled each time. */
const firstPause = 1_000;
const longestPause = 60_000;

const log = logger("tray");

/**
 * A desktop by a helper.
 * @param listener told of clicks, and whether there is an icon
 * @param platform the rest
 */
export function helperDesktop(listener: DesktopListener, platform: HelperPlatform): Desktop {
  let wanted: TrayView | undefined;
  let icon: HelperIcon | undefined;
  let host: boolean | undefined;
  let wake = () => {};
  /** When the next helper may be started, and how long to wait if that fails. */
  let notBefore = 0;
  let nextPause = firstPause;
  const closing = new AbortController();
  const { signal } = closing;

  const onHost = (present: boolean) => {
    if (present === host || signal.aborted) return;
    host = present;
    listener.onHost(present);
  };
  const onClick = (id: string) => {
    if (!signal.aborted) listener.onClick(id);
  };
  const failed = (reason: string) => {
    if (signal.aborted) return;
    log.warn("there is no tray icon: {reason}", { reason });
    notBefore = performance.now() + nextPause;
    nextPause = Math.min(nextPause * 2, longestPause);
    onHost(false);
  };

  const start = async (view: TrayView): Promise<HelperIcon | undefined> => {
    try {
      const command = await platform.command();
      const shown = await HelperIcon.show(view, command, platform.style, onClick);
      notBefore = performance.now() + shortestStay;
      shown.ended.then(() => {
        if (icon !== shown) return; // another has taken its place
        icon = undefined;
        if (shown.age > longestPause) nextPause = firstPause;
        failed("the helper has ended");
        wake();
      });
      return shown;
    } catch (error) {
      failed(messageOf(error));
      return undefined;
    }
  };

  const keep = async () => {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => wake = resolve);
      if (!wanted || icon?.update(wanted)) {
        await woken;
        continue;
      }
      const early = notBefore - performance.now();
      if (early > 0) {
        await pause(early, undefined, { signal }).catch(() => {}); // ended by close()
        continue;
      }
      // The new one first: a moment with two icons is better than one without.
      const former = icon;
      icon = await start(wanted);
      await former?.end();
      if (icon) onHost(true);
    }
    await icon?.end();
  };
  const keeping = keep();

  return {
    show(view) {
      wanted = view;
      wake();
    },
    notify: (notice) => platform.notify(notice),
    open: (target) => platform.open(target),
    copy: (text) => platform.copy(text),
    async close() {
      closing.abort();
      wake();
      await keeping;
    },
  };
}
