/**
 * Errors of tool calls. A JSON-RPC error that the upstream itself answers is not among them: it passes through as the SDK's
 * `ProtocolError`.
 */
import { UserError } from "../errors.ts";
import type { UpstreamState } from "./types.ts";

/** A tool was called on an upstream that cannot take calls now, or that does not exist. */
export class UpstreamNotReadyError extends UserError {
  override readonly name = "UpstreamNotReadyError";
  /** The state of the upstream; null if there is none of that name. */
  readonly state: UpstreamState | null;

  /**
   * @param message names the upstream, its state and its last error, and says what to do
   * @param state where the upstream stands; null if there is none of that name
   */
  constructor(message: string, state: UpstreamState | null) {
    super(message);
    this.state = state;
  }
}

/** A call that got no usable answer: it took too long, the connection broke, or the config forbids the tool. */
export class ToolCallError extends UserError {
  override readonly name = "ToolCallError";
}
