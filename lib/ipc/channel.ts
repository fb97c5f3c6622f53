/** The private channel as a client holds it, on whatever system. */
import { UserError } from "../errors.ts";

/**
 * Why the channel cannot be used:
 * - `absent`: nothing lies at the endpoint;
 * - `refused`: something does, but nobody listens (a dead core, or one that is just starting);
 * - `denied`: the system does not let us in;
 * - `untrusted`: what lies there is not certainly ours, so nothing was sent;
 * - `busy`: the core has no room for another connection just now;
 * - `lost`: the connection broke while a request was under way; the request may have been carried out, though once only.
 */
export type ChannelFault = "absent" | "refused" | "denied" | "untrusted" | "busy" | "lost";

/** The private channel cannot be used. */
export class ChannelError extends UserError {
  override readonly name = "ChannelError";
  readonly fault: ChannelFault;

  /** @param fault why @param message in words, with the path @param next what to do @param cause the error underneath */
  constructor(fault: ChannelFault, message: string, next: string, cause?: unknown) {
    super(message, { next, cause });
    this.fault = fault;
  }
}

/** An open channel. */
export interface Channel {
  /**
   * Like the global `fetch`, over the channel; only the path and query of the URL count. Whatever the connection does, a
   * request that is not GET or HEAD is carried out at most once.
   * @throws {ChannelError} if the channel cannot be used
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** Gives its connections free. */
  close(): void;
}
