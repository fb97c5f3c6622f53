/**
 * The state machine of one upstream, as a table without side effects: each state answers each event with the next state
 * and what is to be done on the way. Whoever runs it performs the actions in their order.
 */
import type { UpstreamState } from "./types.ts";

/** What can happen to an upstream. */
export type UpstreamEvent =
  /** The config wants it to run. */
  | "enable"
  /** The config does not want it to run. */
  | "disable"
  /** The connection stands and the tools are listed. */
  | "connected"
  /** The try failed; another one may succeed. */
  | "failed"
  /** The try cannot succeed until somebody changes something. */
  | "refused"
  /** The connection broke. */
  | "lost"
  /** The wait after a failure is over. */
  | "retry"
  /** A person or a changed config wants a new connection now. */
  | "restart"
  /** The core ends. */
  | "stop";

/**
 * What a transition does: begin a connection (once the one before has ended), end the one that is, set the timer of the
 * next try, or clear it.
 */
export type UpstreamAction = "connect" | "disconnect" | "schedule_retry" | "cancel_retry";

/** One cell of the table. */
export interface Transition {
  to: UpstreamState;
  actions: readonly UpstreamAction[];
}

function go(to: UpstreamState, ...actions: UpstreamAction[]): Transition {
  return { to, actions };
}

/** The whole machine. An event that means nothing in a state leaves it as it is. */
export const transitions: Readonly<Record<UpstreamState, Record<UpstreamEvent, Transition>>> = {
  disabled: {
    enable: go("connecting", "connect"),
    disable: go("disabled"),
    connected: go("disabled"),
    failed: go("disabled"),
    refused: go("disabled"),
    lost: go("disabled"),
    retry: go("disabled"),
    restart: go("disabled"),
    stop: go("stopped"),
  },
  connecting: {
    enable: go("connecting"),
    disable: go("disabled", "disconnect"),
    connected: go("ready"),
    failed: go("error", "disconnect", "schedule_retry"),
    refused: go("error", "disconnect"),
    lost: go("error", "disconnect", "schedule_retry"),
    retry: go("connecting"),
    restart: go("connecting", "disconnect", "connect"),
    stop: go("stopped", "disconnect"),
  },
  ready: {
    enable: go("ready"),
    disable: go("disabled", "disconnect"),
    connected: go("ready"),
    failed: go("error", "disconnect", "schedule_retry"),
    refused: go("error", "disconnect"),
    lost: go("error", "disconnect", "schedule_retry"),
    retry: go("ready"),
    restart: go("connecting", "disconnect", "connect"),
    stop: go("stopped", "disconnect"),
  },
  error: {
    enable: go("connecting", "cancel_retry", "connect"),
    disable: go("disabled", "cancel_retry"),
    connected: go("error"),
    failed: go("error"),
    refused: go("error"),
    lost: go("error"),
    retry: go("connecting", "cancel_retry", "connect"),
    restart: go("connecting", "cancel_retry", "connect"),
    stop: go("stopped", "cancel_retry"),
  },
  stopped: {
    enable: go("stopped"),
    disable: go("stopped"),
    connected: go("stopped"),
    failed: go("stopped"),
    refused: go("stopped"),
    lost: go("stopped"),
    retry: go("stopped"),
    restart: go("stopped"),
    stop: go("stopped"),
  },
};
