/** A connection to a core that is ready: calls and events over the one transport that was chosen. */
import { type ApiEvent, type ApiTransport, createApiClient, type Server } from "../client/api.ts";
import type { CoreTransport } from "../client/connect.ts";
import { messageOf, UserError } from "../errors.ts";
import type { ConnectionListener, CoreConnection } from "./cores.ts";
import type { ServerSummary } from "./model.ts";

/** How long one call may take, in milliseconds. */
const callLimit = 15_000;

/**
 * Makes sure that a core is ready, begins to follow its events and reads what it has to tell.
 * @param transport how to reach it; closed with the connection, and if there is none in the end
 * @param signal gives up
 * @returns the connection, or null if the core is not ready yet
 * @throws {UserError} if it does not answer, or refuses us
 */
export async function openConnection(
  transport: CoreTransport,
  signal: AbortSignal,
): Promise<CoreConnection | null> {
  const end = new AbortController();
  // First the events, then the lists: what changes in between comes as an event.
  const events = createApiClient(transport).followEvents(end.signal)[Symbol.asyncIterator]();
  const close = () => {
    end.abort();
    void events.return?.();
    transport.close();
  };
  const giveUp = () => end.abort(signal.reason);
  signal.addEventListener("abort", giveUp);
  try {
    signal.throwIfAborted();
    if (!await isReady(transport, end.signal)) {
      close();
      return null;
    }
    const api = createApiClient(withLimit(transport, callLimit, end.signal));
    const listenAddress = await firstStatus(events);
    const [info, { servers }] = await Promise.all([api.info(), api.servers()]);
    return {
      core: {
        version: info.version,
        pid: info.pid,
        listen_addr: listenAddress,
        web_ui_url: info.web_ui_url,
        transport: transport.kind,
        endpoint: transport.address,
      },
      owned: info.launched_by === "tray",
      servers: servers.map(summaryOf),
      api,
      follow: (listener) => void follow(events, listener, end.signal),
      close,
    };
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function isReady(transport: ApiTransport, signal: AbortSignal): Promise<boolean> {
  const response = await transport.fetch(new URL("/readyz", transport.baseUrl), { signal });
  await response.body?.cancel();
  return response.status === 200;
}

/** The address that the first event tells: it alone says where the core really listens. */
async function firstStatus(events: AsyncIterator<ApiEvent>): Promise<string> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new UserError("the core ended the event stream");
    if (value.type === "disconnected") throw value.error;
    if (value.type === "status") return value.data.listen_addr;
  }
}

async function follow(
  events: AsyncIterator<ApiEvent>,
  listener: ConnectionListener,
  signal: AbortSignal,
): Promise<void> {
  let reason = "the core ended the event stream";
  try {
    for (;;) {
      const { value, done } = await events.next();
      if (signal.aborted) return;
      if (done) break;
      // It would try again by itself. Whether the core lives is asked first, and which one it is.
      if (value.type === "disconnected") throw value.error;
      tell(value, listener);
    }
  } catch (error) {
    reason = messageOf(error);
  }
  if (!signal.aborted) listener.onLost(reason);
}

function tell(event: ApiEvent, listener: ConnectionListener): void {
  switch (event.type) {
    case "status":
      return listener.onListenAddress(event.data.listen_addr);
    case "servers.changed":
      return listener.onServers(event.data.payload.servers.map(summaryOf));
    case "config.reloaded":
      return listener.onConfig(event.data.payload.error);
  }
}

function summaryOf(server: Server): ServerSummary {
  const { name, enabled, quarantined, status, tool_count, last_error } = server;
  return {
    name,
    enabled,
    quarantined,
    state: status === "quarantined" ? "disabled" : status,
    tool_count,
    last_error,
  };
}

/** A core that hangs must not keep a click waiting for ever. */
function withLimit(transport: ApiTransport, limit: number, signal: AbortSignal): ApiTransport {
  return {
    ...transport,
    fetch: (input, init) =>
      transport.fetch(input, {
        ...init,
        signal: AbortSignal.any([signal, AbortSignal.timeout(limit)]),
      }),
  };
}
