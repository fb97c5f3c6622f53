/**
 * Brings the icon to the panel: registers with org.kde.StatusNotifierWatcher, which may appear late, restart with the panel
 * or never come at all.
 */
import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { Bus, RemoteObject } from "./bus.ts";

const log = logger("tray");
const watcher: RemoteObject = {
  destination: "org.kde.StatusNotifierWatcher",
  path: "/StatusNotifierWatcher",
  interface: "org.kde.StatusNotifierWatcher",
};
const daemon: RemoteObject = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};
/** A panel that is just starting, or busy, may refuse once. */
const retryPause = 10_000;

/**
 * Registers the item of this connection with every watcher that appears, for as long as the connection lasts.
 * @param onHost told after every look whether something shows our icon
 */
export async function keepRegistered(bus: Bus, onHost: (present: boolean) => void): Promise<void> {
  const ended = new AbortController();
  bus.closed.then(() => ended.abort());
  let wake = () => {};
  /** The unique name of the watcher that knows us. */
  let registeredWith = "";

  const look = async (): Promise<boolean> => {
    const owner = await ownerOf(bus, watcher.destination);
    if (owner === null) return false;
    if (owner !== registeredWith) {
      await bus.call(watcher, "RegisterStatusNotifierItem", "s", [bus.name]);
      registeredWith = owner;
    }
    return await showsIcons(bus);
  };

  try {
    const changed = () => wake();
    const { path, interface: name } = daemon;
    const argument = watcher.destination;
    await bus.listen({ path, interface: name, member: "NameOwnerChanged", argument }, changed);
    await bus.listen({ path: watcher.path, interface: watcher.interface }, changed);
  } catch (error) {
    // The connection has gone; the next one begins anew.
    log.debug("not watching for panels: {reason}", { reason: messageOf(error) });
    return;
  }
  while (!ended.signal.aborted) {
    // Made before the look, so that a change during the look leads to another.
    const awake = new Promise<void>((resolve) => wake = resolve);
    const over = new AbortController();
    const waits = [awake, bus.closed];
    try {
      const present = await look();
      if (ended.signal.aborted) return;
      onHost(present);
    } catch (error) {
      if (ended.signal.aborted) return;
      log.info("the panel does not take the icon: {reason}", { reason: messageOf(error) });
      onHost(false);
      waits.push(pause(retryPause, undefined, over).catch(() => {}));
    }
    await Promise.race(waits);
    over.abort();
  }
}

async function ownerOf(bus: Bus, name: string): Promise<string | null> {
  // Not by calling the watcher and seeing: that could make the bus start one.
  const [present] = await bus.call(daemon, "NameHasOwner", "s", [name]);
  if (present !== true) return null;
  const [owner] = await bus.call(daemon, "GetNameOwner", "s", [name]);
  return String(owner);
}

/** KDE's watcher runs without a panel too; it knows whether there is one. */
async function showsIcons(bus: Bus): Promise<boolean> {
  const properties = { ...watcher, interface: "org.freedesktop.DBus.Properties" };
  const name = [watcher.interface, "IsStatusNotifierHostRegistered"];
  try {
    const [shown] = await bus.call(properties, "Get", "ss", name);
    return shown !== false;
  } catch {
    return true; // It took the icon; not every watcher answers this.
  }
}
