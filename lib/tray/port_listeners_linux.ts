/** Who listens on TCP, by ss(8) of iproute2: /proc itself is kept from a program that has not been given every permission. */
import { type PortListener, printedBy } from "./port_listeners.ts";

/**
 * Processes of this user that listen on a port.
 * @param port from 1 to 65535
 * @returns none where there is no ss(8)
 */
export async function linuxListeners(port: number): Promise<PortListener[]> {
  const options = ["--no-header", "--listening", "--tcp", "--numeric", "--processes"];
  return listenersIn(await printedBy("ss", [...options, `sport = :${port}`]));
}

/**
 * Reads what ss(8) prints: state, two queues, local and peer address, and `users:(("name",pid=1,fd=2),…)` where we may know.
 * @param text lines without a header
 */
export function listenersIn(text: string): PortListener[] {
  return text.split("\n").flatMap((line) => {
    const [, address = "", port = "", users = ""] =
      /^LISTEN\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+\s+users:\((.*)\)\s*$/.exec(line) ?? [];
    const hostname = address.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
    return [...users.matchAll(/\("([^"]*)",pid=(\d+),fd=\d+\)/g)]
      .map(([, name = "", pid]) => ({ hostname, port: Number(port), name, pid: Number(pid) }));
  });
}
