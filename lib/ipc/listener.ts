/** What every listener of the core is to the rest: TCP, the Unix socket, and the named pipe alike. */

/** The listener that a request came in by (`spec/socket-communication.md`, layer 8). */
export type Source = "tcp" | "socket";

/** What a listener tells the app about a request: handed down beside it, so that no header can forge it. */
export interface RequestOrigin {
  source: Source;
  /** Headers that the listener wants on the response, such as the session of a verified peer. */
  responseHeaders?: Readonly<Record<string, string>>;
}

/** The app, as a listener calls it. */
export type RequestHandler = (
  request: Request,
  origin: RequestOrigin,
) => Response | Promise<Response>;

/** One client that is connected now. What the system does not tell is null. */
export interface ConnectedClient {
  source: Source;
  /** `host:port` of a TCP client; null on the private channel. */
  remote_address: string | null;
  pid: number | null;
  uid: number | null;
  executable: string | null;
  /** When it was first seen; ISO 8601. */
  since: string;
  /** Open connections. */
  connections: number;
  /** Requests that are known to be its own. */
  requests: number;
}

/** A listener that is up. */
export interface Listener {
  readonly source: Source;
  /** Who is connected now. */
  clients(): ConnectedClient[];
  /** Connections that were seen since the start. */
  connectionsSeen(): number;
  /**
   * Accepts nothing more, lets what is under way end, and cuts off what has not ended in time.
   * @param graceMs how long that may take, in milliseconds
   */
  stop(graceMs: number): Promise<void>;
}

/** The listener of the private channel. */
export interface PrivateListener extends Listener {
  /** Peers that were turned away since the start, by reason. */
  rejectedPeers(): Readonly<Record<string, number>>;
}
