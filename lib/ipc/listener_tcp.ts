/** The TCP listener: for browsers and remote clients, behind an API key. */
import { ExitCode, messageOf, UserError } from "../errors.ts";
import type { ConnectedClient, Listener, RequestHandler } from "./listener.ts";
import type { ConnectedSocket, SystemSockets } from "./sockets.ts";
import { answerHandlerError, superviseServer } from "./supervised_server.ts";

/** The port is taken. */
export class PortInUseError extends UserError {
  override readonly name = "PortInUseError";
  /** @param hostname the address @param port the port that is taken */
  constructor(hostname: string, port: number) {
    super(`Port ${port} on ${hostname} is already in use`, {
      exitCode: ExitCode.portInUse,
      next: "Stop the program that uses it, or choose another with --listen 127.0.0.1:PORT.",
    });
  }
}

/** A TCP listener that is up. */
export interface TcpListener extends Listener {
  /** The address that was really bound; port 0 has become a real one. */
  readonly bound: { hostname: string; port: number };
}

const rememberedClients = 4096;

/**
 * Listens on TCP.
 * @param address host name or address, and port from 0 (any free one) to 65535
 * @param handler the app
 * @param sockets tells which connections are still open, and cuts them off; null where the system has no answer
 * @returns the listener, already accepting
 * @throws {PortInUseError} if the port is taken
 * @throws {UserError} if the address is not ours or the port not allowed
 */
export function listenTcp(
  address: { hostname: string; port: number },
  handler: RequestHandler,
  sockets: SystemSockets | null,
): TcpListener {
  const origin = { source: "tcp" } as const;
  const clients = new Map<string, { since: string; requests: number }>();
  let seen = 0;
  let bound = address;

  const listen = () => {
    const started = serve(bound, (request, info) => {
      count(info.remoteAddr);
      return handler(request, origin);
    });
    bound = { hostname: started.addr.hostname, port: started.addr.port };
    return started;
  };
  const cutOff = () => {
    for (const { descriptor } of accepted()) sockets?.shutdown(descriptor);
  };
  const name = `TCP ${formatAddress(address.hostname, address.port)}`;
  const server = superviseServer(listen, cutOff, name);

  function count(remote: Deno.NetAddr): void {
    const key = formatAddress(remote.hostname, remote.port);
    const client = clients.get(key);
    if (client) {
      client.requests++;
      return;
    }
    seen++;
    if (clients.size >= rememberedClients) forgetClosed();
    clients.set(key, { since: new Date().toISOString(), requests: 1 });
  }

  function forgetClosed(): void {
    const open = new Set(accepted().map(({ remoteAddress }) => remoteAddress));
    for (const key of clients.keys()) {
      if (!open.has(key)) clients.delete(key);
    }
  }

  function accepted(): Extract<ConnectedSocket, { family: "inet" }>[] {
    if (!sockets) return [];
    return sockets.connected()
      .filter((socket) => socket.family === "inet")
      .filter(({ localPort }) => localPort === bound.port);
  }

  return {
    source: "tcp",
    bound,
    connectionsSeen: () => seen,
    clients: () =>
      accepted().flatMap(({ remoteAddress }): ConnectedClient[] => {
        const client = clients.get(remoteAddress);
        if (!client) return []; // connected, but not one request yet: nothing to tell
        return [{
          source: "tcp",
          remote_address: remoteAddress,
          pid: null,
          uid: null,
          executable: null,
          since: client.since,
          connections: 1,
          requests: client.requests,
        }];
      }),
    stop: (graceMs) => server.stop(graceMs),
  };
}

function serve(
  { hostname, port }: { hostname: string; port: number },
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    const options = { hostname, port, onListen: () => {}, onError: answerHandlerError };
    return Deno.serve(options, handler);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw new PortInUseError(hostname, port);
    const denied = error instanceof Deno.errors.PermissionDenied;
    throw new UserError(`Cannot listen on ${formatAddress(hostname, port)}: ${messageOf(error)}`, {
      exitCode: denied ? ExitCode.permission : ExitCode.configuration,
      next: denied
        ? "Choose a port from 1024 on with --listen 127.0.0.1:PORT."
        : "Choose an address of this machine with --listen, such as 127.0.0.1:8080.",
      cause: error,
    });
  }
}

/** `host:port`, an IPv6 address in brackets. */
function formatAddress(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
