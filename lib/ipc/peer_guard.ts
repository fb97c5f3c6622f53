/**
 * Who is calling on the Unix socket (`spec/socket-communication.md`, layers 3 and 4).
 *
 * Deno.serve shows neither the connection of a request nor its descriptor. But the caller's connection is among our own
 * descriptors while its request is handed over, so if every connection on our socket is from this user, then the caller
 * is. The check has to run before the handler first awaits: later the caller may be gone, and its descriptor with it.
 */
import type { PeerCredentials, SystemSockets } from "./sockets.ts";

/** Why a peer was turned away: another user, a group that this process is not in, or nothing that names it. */
export type RejectionReason = "uid" | "gid" | "unidentified";

/** A peer that was turned away. */
export interface RejectedPeer extends Partial<PeerCredentials> {
  reason: RejectionReason;
  executable: string | null;
}

/** A connection on the private channel whose peer is this user. */
export interface VerifiedPeer extends PeerCredentials {
  /** Names the connection among those open now. */
  connection: string;
}

/** The answer to one look at the connections. */
export interface PeerCheck {
  /** True only if at least one connection is open and every one is ours: then the caller is this user. */
  accepted: boolean;
  /**
   * True if an answer to this request can reach nobody but this user, since every foreign connection has been shut down.
   * It does not say that the request came from this user.
   */
  answerable: boolean;
  /** The connections that are ours. */
  peers: VerifiedPeer[];
}

/** Looks at the connections of one Unix socket. */
export interface PeerGuard {
  /** Verifies every open connection; a foreign one is shut down and reported once. Call it before the first `await`. */
  check(): PeerCheck;
}

/**
 * Guards a Unix socket.
 * @param sockets the system's answers
 * @param path the path that the listener is bound to
 * @param onRejected told of each foreign connection, once
 * @returns the guard
 */
export function createPeerGuard(
  sockets: SystemSockets,
  path: string,
  onRejected: (peer: RejectedPeer) => void,
): PeerGuard {
  const self = sockets.self();
  // Shut down, but not yet closed by the server: seen again, not to be counted again.
  let reported = new Set<string>();

  function rejection(credentials: PeerCredentials | null): RejectionReason | null {
    if (credentials === null) return "unidentified";
    if (credentials.uid !== self.uid) return "uid"; // root is not us either
    return self.groups.has(credentials.gid) ? null : "gid";
  }

  function check(): PeerCheck {
    const peers: VerifiedPeer[] = [];
    const foreign = new Set<string>();
    let cutOff = true;
    for (const socket of sockets.connected()) {
      if (socket.family !== "unix" || socket.path !== path) continue;
      const credentials = sockets.credentials(socket.descriptor);
      const connection = sockets.identity(socket.descriptor);
      const reason = rejection(credentials);
      if (credentials !== null && reason === null) {
        peers.push({ ...credentials, connection });
        continue;
      }
      // Looked at before it is cut off: that may be the end of a program that only waits for its answer.
      const pid = credentials?.pid ?? null;
      const executable = pid === null || reported.has(connection) ? null : sockets.executable(pid);
      if (!sockets.shutdown(socket.descriptor)) cutOff = false;
      foreign.add(connection);
      if (reported.has(connection)) continue;
      onRejected({ ...credentials, reason: reason ?? "unidentified", executable });
    }
    reported = foreign;
    return {
      accepted: foreign.size === 0 && peers.length > 0,
      answerable: cutOff && peers.length > 0,
      peers,
    };
  }

  return { check };
}
