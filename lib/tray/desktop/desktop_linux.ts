/** The desktops of Linux, by D-Bus: icon and menu (StatusNotifierItem), messages, and the usual programs for the rest. */
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { copyText } from "./clipboard_linux.ts";
import { DbusMenu, menuPath } from "./dbus_menu.ts";
import type { Desktop, DesktopListener } from "./desktop.ts";
import { openAtLine } from "./editor_linux.ts";
import { keepRegistered } from "./icon_host.ts";
import { Notifications } from "./notifications.ts";
import { openTarget } from "./open_linux.ts";
import { readPictures } from "./pictures.ts";
import { keepSessionBus, sessionBusSockets } from "./session_bus.ts";
import { StatusNotifierItem } from "./status_notifier_item.ts";

const log = logger("tray");

/** The variables that tell what session this is. */
const variables = [
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "WAYLAND_DISPLAY",
  "DISPLAY",
  "PATH",
] as const;

/** Their values; undefined for one that is not set. */
export type SessionEnvironment = Readonly<
  Partial<Record<typeof variables[number], string | undefined>>
>;

/**
 * The desktop of a Linux session. Nothing is an error that a session may lack: without a bus or a panel the icon is shown
 * as soon as there is one, and `listener` is told.
 * @param listener never called from inside one of our own methods; what it throws is logged
 * @param environment the session's; our own if not given
 * @returns the desktop, when it is known whether there is a session bus: 5 s at most
 */
export async function linuxDesktop(
  listener: DesktopListener,
  environment: SessionEnvironment = ownEnvironment(),
): Promise<Desktop> {
  const pictures = await readPictures();
  let closed = false;
  const tell = (news: () => void) =>
    queueMicrotask(() => {
      if (closed) return;
      try {
        news();
      } catch (error) {
        log.error("the tray failed to react: {reason}", { reason: messageOf(error) });
      }
    });
  let host: boolean | undefined;
  const onHost = (present: boolean) => {
    if (present === host) return;
    host = present;
    tell(() => listener.onHost(present));
  };

  const menu = new DbusMenu((id) => tell(() => listener.onClick(id)));
  const item = new StatusNotifierItem(pictures, menuPath);
  const notifications = new Notifications(pictures);
  const sockets = sessionBusSockets(
    environment.DBUS_SESSION_BUS_ADDRESS,
    environment.XDG_RUNTIME_DIR,
  );
  const session = await keepSessionBus(sockets, (bus) => {
    notifications.showOn(bus);
    if (!bus) return onHost(false);
    menu.offerOn(bus);
    item.offerOn(bus);
    // After both are there: a panel asks for them at once.
    keepRegistered(bus, onHost);
  });

  return {
    show(view) {
      item.show(view.icon, view.tooltip);
      menu.show(view.menu);
    },
    notify: (notice) => notifications.show(notice),
    async open(target, line) {
      if (line !== undefined && await openAtLine(target, line, environment.PATH)) return;
      await openTarget(target, environment.PATH, session.current());
    },
    copy: (text) =>
      copyText(text, {
        waylandDisplay: environment.WAYLAND_DISPLAY,
        display: environment.DISPLAY,
        searchPath: environment.PATH,
        bus: session.current(),
      }),
    async close() {
      closed = true;
      await session.close();
    },
  };
}

function ownEnvironment(): SessionEnvironment {
  return Object.fromEntries(variables.map((name) => [name, Deno.env.get(name)]));
}
