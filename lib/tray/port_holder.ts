/** Which process of ours keeps the core from its port: one way a platform, picked here. */
import type { ListenAddress } from "../config/listen.ts";
import { operatingSystem } from "../platform.ts";
import type { PortHolder, PortListener } from "./port_listeners.ts";
import { darwinListeners } from "./port_listeners_darwin.ts";
import { linuxListeners } from "./port_listeners_linux.ts";

const everywhere = ["*", "0.0.0.0", "::"];

/**
 * Looks for the process that is in the way of an address.
 * @param address where the core would listen
 * @returns null if there is none of this user's, more than one, or no way to tell (Windows)
 */
export async function portHolder(address: ListenAddress): Promise<PortHolder | null> {
  switch (operatingSystem) {
    case "linux":
      return holderAmong(await linuxListeners(address.port), address);
    case "darwin":
      return holderAmong(await darwinListeners(address.port), address);
    case "windows":
      return null;
  }
}

/**
 * The one process among listeners that is in the way of an address.
 * @param listeners all that are known
 * @param address where somebody else would listen
 * @returns null if there is none, or more than one process
 */
export function holderAmong(
  listeners: readonly PortListener[],
  { hostname, port }: ListenAddress,
): PortHolder | null {
  const isNumeric = /^[\d.]+$|:/.test(hostname);
  const inTheWay = listeners.filter((listener) =>
    listener.port === port &&
    (!isNumeric || listener.hostname === hostname ||
      everywhere.includes(hostname) || everywhere.includes(listener.hostname))
  );
  const [first] = inTheWay;
  if (!first || inTheWay.some(({ pid }) => pid !== first.pid)) return null;
  return { pid: first.pid, name: first.name };
}
