/** Finds the session's message bus, and finds it again when it has gone. */
import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { type Bus, connectBus } from "./bus.ts";

const log = logger("tray");
const firstPause = 250;
const longestPause = 60_000;

/** The session's bus, as long as somebody wants it. */
export interface SessionBus {
  /** The connection; null while there is none. */
  current(): Bus | null;
  /** Ends the connection and looks for no other. */
  close(): Promise<void>;
}

/**
 * The sockets at which a session's bus may listen.
 * @param address DBUS_SESSION_BUS_ADDRESS: one or more addresses, of which those of Unix sockets are taken
 * (D-Bus specification, "Server Addresses")
 * @param runtimeDirectory XDG_RUNTIME_DIR, where the user's bus lies if no address is given
 * @returns socket paths, the best first; one in the abstract namespace starts with a NUL
 */
export function sessionBusSockets(
  address: string | undefined,
  runtimeDirectory: string | undefined,
): string[] {
  if (!address) return runtimeDirectory ? [`${runtimeDirectory}/bus`] : [];
  return address.split(";").flatMap((one) => {
    const [transport, settings = ""] = one.split(/:(.*)/s);
    if (transport !== "unix") return [];
    return settings.split(",").flatMap((setting) => {
      const [key, value = ""] = setting.split(/=(.*)/s);
      if (key === "path") return [unescaped(value)];
      return key === "abstract" ? [`\0${unescaped(value)}`] : [];
    });
  });
}

/**
 * Connects, and connects again whenever the connection was lost.
 * @param sockets where to try, in this order
 * @param onChange gets each new connection, and null when the one before has gone
 * @returns when the first try has ended, well or not
 */
export async function keepSessionBus(
  sockets: readonly string[],
  onChange: (bus: Bus | null) => void,
): Promise<SessionBus> {
  const closing = new AbortController();
  let reason = "";
  const connect = async (): Promise<Bus | null> => {
    for (const socket of sockets) {
      try {
        return await connectBus(socket, closing.signal);
      } catch (error) {
        // Tried again and again, but told once.
        if (reason === messageOf(error)) continue;
        reason = messageOf(error);
        log.info("no session bus at {socket}: {reason}", { socket, reason });
      }
    }
    return null;
  };
  let current = await connect();
  onChange(current);

  const keep = async () => {
    for (let failures = 0; sockets.length > 0;) {
      await current?.closed;
      if (closing.signal.aborted) return;
      if (current) {
        log.info("the session bus has gone");
        onChange(current = null);
      }
      const wait = Math.min(longestPause, firstPause * 2 ** failures++);
      await pause(wait, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return;
      current = await connect();
      if (closing.signal.aborted) return await current?.close();
      if (!current) continue;
      failures = 0;
      reason = "";
      onChange(current);
    }
  };
  const kept = keep();

  return {
    current: () => current,
    async close() {
      closing.abort();
      await current?.close();
      await kept;
    },
  };
}

/** Addresses write unusual bytes as %xx. One that cannot be read is taken as it is; it will lead nowhere. */
function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
