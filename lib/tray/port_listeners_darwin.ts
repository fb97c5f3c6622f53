/** Who listens on TCP on macOS, by lsof(8), which comes with the system. */
import { type PortListener, printedBy } from "./port_listeners.ts";

/**
 * Processes of this user that listen on a port.
 * @param port from 1 to 65535
 */
export async function darwinListeners(port: number): Promise<PortListener[]> {
  const args = ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpcn"];
  return listenersIn(await printedBy("/usr/sbin/lsof", args));
}

/**
 * Reads what lsof(8) prints with -F: a field a line, told by its first letter, a process (p, c) before its files (n).
 * @param text the lines
 */
export function listenersIn(text: string): PortListener[] {
  const listeners: PortListener[] = [];
  let [pid, name] = [0, ""];
  for (const line of text.split("\n")) {
    const value = line.slice(1);
    if (line[0] === "p") pid = Number(value);
    else if (line[0] === "c") name = value;
    else if (line[0] === "n") {
      const [, address = "", port = ""] = /^(.*):(\d+)$/.exec(value) ?? [];
      const hostname = address.replace(/^\[(.*)\]$/, "$1");
      listeners.push({ hostname, port: Number(port), name, pid });
    }
  }
  return listeners;
}
