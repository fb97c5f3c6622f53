/** What the private channel asks of Windows about named pipes. */
import type { Duplex } from "node:stream";

/** Who has opened our pipe. What the system does not tell is null, and never a yes. */
export interface PipePeer {
  /** The SID in the token of the client's thread when it last wrote, such as `S-1-5-21-…-1001`. */
  user: string | null;
  pid: number | null;
}

/** The system's answers. */
export interface SystemPipes {
  /** The SID of the user that this process runs as. */
  readonly user: string;
  /**
   * Makes a pipe and serves it.
   * @param name `\\.\pipe\name`
   * @param security who may do what with it, as SDDL
   * @param onConnection given each connection once its first bytes have come: before, Windows does not say who it is
   * @returns the pipe
   * @throws {PipeError} if there is one of that name, or the system refuses
   */
  listen(
    name: string,
    security: string,
    onConnection: (stream: Duplex, peer: PipePeer) => void,
  ): ServedPipe;
  /**
   * Opens a pipe as a client that lets its server identify it, but not act in its name. Nothing is sent.
   * @returns the connection, and the SID of the pipe's owner
   * @throws {PipeError} if it cannot be opened
   */
  open(name: string): { stream: Duplex; owner: string | null };
  /** The SID of a pipe's owner; null if there is no such pipe, or we may not know. */
  ownerOf(name: string): string | null;
  /** The path of a process's executable, or null if it is gone or not ours to see. */
  executable(pid: number): string | null;
}

/** A pipe that is served. */
export interface ServedPipe {
  /** Accepts nothing more, and cuts off who has not sent anything yet. The name is free when the last connection has ended. */
  close(): Promise<void>;
}

/** NTSTATUS values ([MS-ERREF] 2.3.1) that opening or making a pipe may end with. */
export const NtStatus = {
  ACCESS_DENIED: 0xc000_0022,
  OBJECT_NAME_NOT_FOUND: 0xc000_0034,
  OBJECT_NAME_COLLISION: 0xc000_0035,
  OBJECT_PATH_NOT_FOUND: 0xc000_003a,
  INSTANCE_NOT_AVAILABLE: 0xc000_00ab,
  PIPE_NOT_AVAILABLE: 0xc000_00ac,
  PIPE_BUSY: 0xc000_00ae,
} as const;

/** The system does not open or make a pipe. */
export class PipeError extends Error {
  override readonly name = "PipeError";
  /** NTSTATUS, unsigned. */
  readonly status: number;

  /** @param what was tried, with the pipe's name @param status NTSTATUS, unsigned */
  constructor(what: string, status: number) {
    super(`${what}: Windows answers 0x${status.toString(16)}`);
    this.status = status;
  }
}
