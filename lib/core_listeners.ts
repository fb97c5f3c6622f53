/** The two listeners of a core, opened and closed together (`spec/socket-communication.md`, "Dual Listener Design"). */
import { ExitCode, messageOf, UserError } from "./errors.ts";
import type { ChannelCounters } from "./http/services.ts";
import { type Endpoint, EndpointError } from "./ipc/endpoint.ts";
import type { ConnectedClient, PrivateListener, RequestHandler } from "./ipc/listener.ts";
import { listenTcp, type TcpListener } from "./ipc/listener_tcp.ts";
import { listenPrivately, systemSockets } from "./ipc/private_channel.ts";
import type { SystemSockets } from "./ipc/sockets.ts";
import { logger } from "./log.ts";

/** The listeners, while they are up. */
export interface Listeners {
  /** `host:port` that was really bound, a wildcard host as the loopback address by which it is reached from here. */
  listenAddress: string;
  /** Why the private channel could not be opened; null if it is open or was not wanted. */
  channelError: string | null;
  /** Who is connected now. */
  clients(): ConnectedClient[];
  counters(): ChannelCounters;
  /** Accepts nothing more and drains for at most `graceMs` milliseconds. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Opens TCP, then the private channel.
 * @param address where to listen on TCP
 * @param endpoint the private channel, or null if it is switched off
 * @param dataDirectory the real path of the data directory whose lock the caller holds
 * @param handler the app
 * @returns the listeners. A private channel that the system cannot offer is reported in `channelError`; one that could
 *   not be kept private is an error
 * @throws {UserError} exit code 2 if the port is taken, 4 if the endpoint cannot work, 5 if the channel could not be kept private
 */
export async function openListeners(
  address: { hostname: string; port: number },
  endpoint: Endpoint | null,
  dataDirectory: string,
  handler: RequestHandler,
): Promise<Listeners> {
  const sockets = systemSockets();
  const tcp = listenTcp(address, handler, sockets);
  try {
    return together(tcp, await openChannel(endpoint, dataDirectory, handler, sockets));
  } catch (error) {
    await tcp.stop(0);
    throw error;
  }
}

async function openChannel(
  endpoint: Endpoint | null,
  dataDirectory: string,
  handler: RequestHandler,
  sockets: SystemSockets | null,
): Promise<PrivateListener | { error: string } | null> {
  if (endpoint === null) return null;
  try {
    return await listenPrivately(endpoint, dataDirectory, handler, sockets);
  } catch (error) {
    // What is not private, or not where it was asked for, must not run. What the system cannot do leaves TCP, and the clients are told.
    if (error instanceof EndpointError) throw error;
    if (error instanceof UserError && error.exitCode === ExitCode.permission) throw error;
    logger("core").error(
      "the private channel is off; clients have to use TCP and the key: {error}",
      {
        error: messageOf(error),
      },
    );
    return { error: messageOf(error) };
  }
}

function together(tcp: TcpListener, opened: PrivateListener | { error: string } | null): Listeners {
  const channel = opened && !("error" in opened) ? opened : null;
  return {
    listenAddress: reachableAddress(tcp.bound),
    channelError: opened && "error" in opened ? opened.error : null,
    clients: () => [...channel?.clients() ?? [], ...tcp.clients()],
    counters: () => ({
      connections: { socket: channel?.connectionsSeen() ?? 0, tcp: tcp.connectionsSeen() },
      rejectedPeers: channel?.rejectedPeers() ?? {},
    }),
    stop: async (graceMs) => {
      await Promise.all([tcp.stop(graceMs), channel?.stop(graceMs)]);
    },
  };
}

function reachableAddress({ hostname, port }: { hostname: string; port: number }): string {
  if (hostname === "0.0.0.0") return `127.0.0.1:${port}`;
  if (hostname === "::") return `[::1]:${port}`;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
