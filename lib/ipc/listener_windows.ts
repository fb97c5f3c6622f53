/**
 * The private channel on Windows: a named pipe that only this user can open, with the system vouching for each caller.
 * Unlike on Unix we hold the connections ourselves, so each is checked once, before the first byte of it is looked at.
 */
import type { Duplex } from "node:stream";
import { ExitCode, UserError } from "../errors.ts";
import { EndpointError } from "./endpoint.ts";
import { createStreamServer } from "./http_stream.ts";
import type { ConnectedClient, PrivateListener, RequestHandler } from "./listener.ts";
import { onceHeader, refuseTwice } from "./once.ts";
import { NtStatus, PipeError, type PipePeer, type SystemPipes } from "./pipes.ts";
import { createRejectionLog } from "./rejection_log.ts";
import { pipeSecurity } from "./security_descriptor.ts";
import { createSessions, sessionHeader } from "./sessions.ts";

/** One connection of this user. */
interface Connection {
  pid: number | null;
  /** ISO 8601 */
  since: string;
  requests: number;
}

/**
 * Listens on a named pipe.
 * @param name `\\.\pipe\name`
 * @param handler the app
 * @param pipes the system's answers
 * @returns the listener, already accepting; nobody but this user could open the pipe from its first moment
 * @throws {EndpointError} if another program of this user has that pipe already
 * @throws {UserError} exit code 5 if it is another user's, or the system refuses
 */
export function listenPipe(
  name: string,
  handler: RequestHandler,
  pipes: SystemPipes,
): PrivateListener {
  const rejected = { sid: 0, unidentified: 0 };
  const sessions = createSessions();
  const report = createRejectionLog();
  const server = createStreamServer();
  const connections = new Set<Connection>();
  let seen = 0;

  function admit(request: Request, connection: Connection): Response | Promise<Response> {
    connection.requests++;
    const value = request.headers.get(sessionHeader);
    const session = value === null ? undefined : sessions.find(value);
    const number = request.headers.get(onceHeader);
    if (session) {
      session.requests++;
      if (number !== null && !session.isFirst(number)) return refuseTwice("seen");
      return handler(request, { source: "socket" });
    }
    // Who sends the header knows sessions, and relies on them where fetch may send a request again by itself.
    const responseHeaders: Record<string, string> = value === null
      ? {}
      : { [sessionHeader]: sessions.issue(connection.pid) };
    if (number !== null) return refuseTwice("unknown-session", responseHeaders);
    return handler(request, { source: "socket", responseHeaders });
  }

  function accept(stream: Duplex, { user, pid }: PipePeer): void {
    if (user !== pipes.user) {
      stream.destroy();
      const reason = user === null ? "unidentified" : "sid";
      rejected[reason]++;
      const executable = pid === null ? null : pipes.executable(pid);
      report("{reason} (pid {pid}, SID {user}, {executable})", { reason, pid, user, executable });
      return;
    }
    const connection = { pid, since: new Date().toISOString(), requests: 0 };
    seen++;
    connections.add(connection);
    stream.once("close", () => connections.delete(connection));
    server.accept(stream, (request) => admit(request, connection));
  }

  const pipe = makePipe(name, pipes, accept);
  return {
    source: "socket",
    rejectedPeers: () => ({ ...rejected }),
    connectionsSeen: () => seen,
    clients: () => groupByProcess(connections, pipes),
    async stop(graceMs) {
      await Promise.all([pipe.close(), server.stop(graceMs)]);
    },
  };
}

function makePipe(
  name: string,
  pipes: SystemPipes,
  accept: (stream: Duplex, peer: PipePeer) => void,
) {
  try {
    return pipes.listen(name, pipeSecurity(pipes.user), accept);
  } catch (error) {
    if (!(error instanceof PipeError)) throw error;
    const owner = isTaken(error) ? pipes.ownerOf(name) : null;
    if (owner === pipes.user) {
      throw new EndpointError(
        `another mcpproxy core already listens on ${name}`,
        "Give each core its own --tray-endpoint, or none.",
      );
    }
    const whose = owner === null ? "cannot be made ours" : `belongs to ${owner}, not to you`;
    throw new UserError(`the pipe ${name} ${whose}`, {
      exitCode: ExitCode.permission,
      next:
        "Find out which program has it, or choose another with --tray-endpoint npipe:////./pipe/NAME.",
      cause: error,
    });
  }
}

/** For a pipe that has to be the first of its name, Windows says ACCESS_DENIED (CreateNamedPipeW) if it is not. */
function isTaken({ status }: PipeError): boolean {
  return status === NtStatus.ACCESS_DENIED || status === NtStatus.OBJECT_NAME_COLLISION;
}

function groupByProcess(
  connections: Iterable<Connection>,
  pipes: SystemPipes,
): ConnectedClient[] {
  const groups = Map.groupBy(connections, (connection) => connection.pid ?? connection);
  return [...groups.values()].map((group): ConnectedClient => {
    const pid = group[0]?.pid ?? null;
    return {
      source: "socket",
      remote_address: null,
      pid,
      uid: null,
      executable: pid === null ? null : pipes.executable(pid),
      since: group.map(({ since }) => since).sort()[0] ?? "",
      connections: group.length,
      requests: group.reduce((sum, { requests }) => sum + requests, 0),
    };
  });
}
