/**
 * The private channel on Linux and macOS: a Unix socket that only this user can reach, served by Deno.serve, with the
 * system vouching for each caller.
 */
import { ExitCode, messageOf, UserError } from "../errors.ts";
import { logger } from "../log.ts";
import type { ConnectedClient, PrivateListener, RequestHandler } from "./listener.ts";
import { onceHeader, refuseTwice } from "./once.ts";
import { createPeerGuard, type VerifiedPeer } from "./peer_guard.ts";
import { checkPath } from "./private_path_unix.ts";
import { createRejectionLog } from "./rejection_log.ts";
import { claimedPid, clientHeader, createSessions, sessionHeader } from "./sessions.ts";
import type { SystemSockets } from "./sockets.ts";
import { answerHandlerError, superviseServer } from "./supervised_server.ts";
import { dirname } from "../path.ts";

/**
 * Listens on a Unix socket. The caller holds the core's lock, so whatever socket of ours lies at the path is a dead one.
 * @param path absolute path, short enough for the system (see `parseEndpoint`)
 * @param handler the app
 * @param sockets the system's answers
 * @returns the listener, already accepting; the socket has had mode 0600 from its first moment
 * @throws {UserError} if something that is not a socket of ours lies at the path, or others could replace it
 */
export function listenUnix(
  path: string,
  handler: RequestHandler,
  sockets: SystemSockets,
): PrivateListener {
  const rejected = { uid: 0, gid: 0, unidentified: 0 };
  const sessions = createSessions();
  const register = createRegister();
  const report = createRejectionLog();
  const guard = createPeerGuard(sockets, path, (peer) => {
    rejected[peer.reason]++;
    report("{reason} (pid {pid}, uid {uid}, gid {gid}, {executable})", { ...peer });
  });
  const known = { source: "socket" } as const;

  function admit(request: Request): Response | Promise<Response> {
    const value = request.headers.get(sessionHeader);
    const session = value === null ? undefined : sessions.find(value);
    const number = request.headers.get(onceHeader);
    if (session) {
      session.requests++;
      if (number !== null && !session.isFirst(number)) return refuseTwice("seen");
      return handler(request, known);
    }
    const { accepted, answerable, peers } = guard.check();
    if (!answerable) return refusal(403, "the caller is not the user of this core");
    const pid = callerPid(peers, request.headers.get(clientHeader));
    register.note(peers, pid);
    // Who sends the header knows sessions: it wants its first, or the one it has is of a former core.
    const responseHeaders: Record<string, string> = value === null
      ? {}
      : { [sessionHeader]: sessions.issue(pid) };
    // Sent in the session of a former core, which may have carried it out: not even "try again" would be right.
    if (number !== null) return refuseTwice("unknown-session", responseHeaders);
    if (accepted) return handler(request, { source: "socket", responseHeaders });
    // This may be the foreign peer's request, so it is not looked at. It is gone now, and only we can read the answer:
    // the session in it lets a client of ours through at its next try.
    return refusal(503, "another user was connected at this moment; try again", {
      ...responseHeaders,
      "retry-after": "0",
    });
  }

  let inode: number | null = null;
  const listen = () => {
    clearSocketPath(path, sockets.self().uid);
    const options = { path, onListen: () => {}, onError: answerHandlerError };
    const started = bindPrivately(path, () => Deno.serve(options, admit));
    try {
      inode = checkSocket(path, sockets.self());
    } catch (error) {
      void started.shutdown(); // it has not accepted anything yet, and must not
      throw error;
    }
    return started;
  };
  const cutOff = () => {
    for (const socket of sockets.connected()) {
      if (socket.family === "unix" && socket.path === path) sockets.shutdown(socket.descriptor);
    }
  };
  const server = superviseServer(listen, cutOff, `socket ${path}`);

  return {
    source: "socket",
    rejectedPeers: () => ({ ...rejected }),
    connectionsSeen: () => {
      register.note(guard.check().peers, null);
      return register.seen();
    },
    clients: () => {
      const { peers } = guard.check();
      register.note(peers, null);
      return groupByProcess(peers, sockets, register, [...sessions.all()]);
    },
    async stop(graceMs) {
      // Deno.serve removes whatever lies at its path when it ends; what is not ours is out of its way meanwhile.
      const restore = inode === inodeOf(path) ? () => {} : setAside(path);
      await server.stop(graceMs);
      restore();
    },
  };
}

/** Removes a dead socket of ours; anything else is not ours to remove. */
function clearSocketPath(path: string, user: number): void {
  checkPath(dirname(path), user);
  const info = lookAt(path);
  if (info === null) return;
  if (!info.isSocket || info.uid !== user) {
    const what = info.isSymlink
      ? "a symbolic link"
      : info.isSocket
      ? "a socket"
      : "a file or folder";
    throw new UserError(
      `${path} is ${what} of user ${info.uid}, not a socket that a core of yours has left behind`,
      {
        exitCode: ExitCode.permission,
        next: "Move it away, or choose another with --tray-endpoint unix:///…",
      },
    );
  }
  Deno.removeSync(path);
  logger("ipc").info("removed the socket {path} that a former core left behind", { path });
}

/** Binds with a umask under which the socket is 0600 from birth: there is no moment between bind and chmod. */
function bindPrivately(path: string, serve: () => Deno.HttpServer): Deno.HttpServer {
  const former = Deno.umask(0o177);
  try {
    return serve();
  } catch (error) {
    throw new UserError(`Cannot listen on ${path}: ${messageOf(error)}`, {
      exitCode: ExitCode.permission,
      next: "Check the folder, or choose another with --tray-endpoint unix:///…",
      cause: error,
    });
  } finally {
    Deno.umask(former);
  }
}

/** The socket as it now lies there: ours, our group, 0600. A file system that cannot keep modes is found out here. */
function checkSocket(path: string, self: ReturnType<SystemSockets["self"]>): number | null {
  const info = Deno.lstatSync(path);
  const mode = (info.mode ?? 0o777) & 0o777;
  const groupIsOurs = info.gid !== null && self.groups.has(info.gid);
  // On macOS, and below a set-gid folder, a new file has its folder's group; with mode 0600 it has no rights by it.
  if (info.isSocket && info.uid === self.uid && mode === 0o600) {
    if (!groupIsOurs) logger("ipc").debug("{path} has the group {gid}", { path, gid: info.gid });
    return info.ino;
  }
  throw new UserError(
    `the socket ${path} cannot be made private (owner ${info.uid}, mode ${mode.toString(8)})`,
    {
      exitCode: ExitCode.permission,
      next: "Choose a folder on a local file system with --tray-endpoint unix:///…",
    },
  );
}

function inodeOf(path: string): number | null {
  return lookAt(path)?.ino ?? null;
}

function setAside(path: string): () => void {
  if (lookAt(path) === null) return () => {};
  const aside = `${path}.aside-${Deno.pid}`;
  try {
    Deno.renameSync(path, aside);
  } catch {
    return () => {}; // what we may not rename, Deno.serve may not remove (rename(2), unlink(2): EPERM, EACCES)
  }
  return () => Deno.renameSync(aside, path);
}

function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function refusal(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ success: false, error }, { status, headers });
}

/**
 * The process that calls: the only one that is connected, or the one that it says it is, if that one is connected. It is
 * for display: all of them are this user's.
 */
function callerPid(peers: VerifiedPeer[], claim: string | null): number | null {
  const claimed = claimedPid(claim);
  if (claimed !== null && peers.some((peer) => peer.pid === claimed)) return claimed;
  const pid = peers[0]?.pid ?? null;
  return peers.every((peer) => peer.pid === pid) ? pid : null;
}

interface Register {
  note(peers: VerifiedPeer[], caller: number | null): void;
  /** When a connection was first seen. */
  since(connection: string): string;
  /** Requests without a session that a process is taken to have made. */
  requests(pid: number | null): number;
  seen(): number;
}

/** Remembers the connections that are open: since when, and how many requests came from whom. */
function createRegister(): Register {
  let since = new Map<string, string>();
  let requests = new Map<number, number>();
  let seen = 0;
  return {
    note(peers, caller) {
      const now = new Date().toISOString();
      const next = new Map<string, string>();
      for (const { connection } of peers) {
        if (!since.has(connection)) seen++;
        next.set(connection, since.get(connection) ?? now);
      }
      since = next;
      const connected = new Set(peers.map((peer) => peer.pid));
      requests = new Map([...requests].filter(([pid]) => connected.has(pid)));
      if (caller !== null) requests.set(caller, (requests.get(caller) ?? 0) + 1);
    },
    since: (connection) => since.get(connection) ?? new Date().toISOString(),
    requests: (pid) => pid === null ? 0 : requests.get(pid) ?? 0,
    seen: () => seen,
  };
}

function groupByProcess(
  peers: VerifiedPeer[],
  sockets: SystemSockets,
  register: Register,
  sessions: { pid: number | null; since: string; requests: number }[],
): ConnectedClient[] {
  const clients = new Map<string, ConnectedClient>();
  for (const { pid, uid, connection } of peers) {
    const key = pid === null ? connection : `pid ${pid}`;
    const since = register.since(connection);
    const client = clients.get(key);
    if (client) {
      client.connections++;
      if (since < client.since) client.since = since;
      continue;
    }
    const own = sessions.filter((session) => pid !== null && session.pid === pid);
    clients.set(key, {
      source: "socket",
      remote_address: null,
      pid,
      uid,
      executable: pid === null ? null : sockets.executable(pid),
      since: own[0] && own[0].since < since ? own[0].since : since,
      connections: 1,
      requests: register.requests(pid) + own.reduce((sum, session) => sum + session.requests, 0),
    });
  }
  return [...clients.values()];
}
