/** What the private channel asks of a Unix system about its own sockets; Linux and macOS each answer in their own way. */

/** Who holds the other end of a Unix socket, as the kernel noted it when that end called connect(2). */
export interface PeerCredentials {
  uid: number;
  gid: number;
  /** Null where the system does not tell. */
  pid: number | null;
}

/** One of our own descriptors that is a stream socket with a name and (inet) a peer: what a listener accepted. */
export type ConnectedSocket =
  | { family: "unix"; descriptor: number; path: string }
  | { family: "inet"; descriptor: number; localPort: number; remoteAddress: string };

/** The system's answers. */
export interface SystemSockets {
  /** Every such socket that this process holds; the listeners themselves are left out. */
  connected(): ConnectedSocket[];
  /** The credentials of the peer; null if the system does not answer, which is never a yes. */
  credentials(descriptor: number): PeerCredentials | null;
  /** A name for the socket that no other socket gets while both are seen; descriptors are used again, this is not. */
  identity(descriptor: number): string;
  /**
   * Ends the connection in both directions (shutdown(2), SHUT_RDWR): nothing that we write from now on reaches the peer.
   * @returns false if the peer may still be reached
   */
  shutdown(descriptor: number): boolean;
  /**
   * The path of a process's executable; where that is not ours to see, the name that the process gives itself, if there is
   * one. Null if it is gone.
   */
  executable(pid: number): string | null;
  /** Our effective user id, and every group that this process is in (effective and supplementary). */
  self(): { uid: number; groups: ReadonlySet<number> };
}
