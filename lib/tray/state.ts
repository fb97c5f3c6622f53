/**
 * Where the tray stands, and what can happen. The transitions are in transitions.ts; timers, processes and connections
 * are the controller's, which acts on the state it is given.
 */

/** Why there is no running core, where trying again by itself would not help. */
export type Failure =
  | "port_in_use"
  /** Another core holds the data directory, yet none is to be found there. */
  | "data_directory_held"
  | "configuration"
  | "permission"
  | "crash_loop"
  | "core_missing"
  /** A core of somebody else's lives, but does not answer. */
  | "unresponsive"
  /** What lies at the endpoint is not certainly ours, so nothing was sent. */
  | "untrusted";

/**
 * The states. `owned`: the core was started by a tray, which therefore stops it when it quits. `attempt`: how many cores
 * have ended by themselves since one was last known to be well.
 */
export type TrayState =
  /** Nothing is known yet. */
  | { name: "starting" }
  /** Asking whether a core already runs. */
  | { name: "attaching"; attempt: number }
  /** The core's program is being found and started. */
  | { name: "launching"; attempt: number }
  /** A core lives, but is not ready. `slow`: for longer than is usual; one of ours is waited for all the same. */
  | { name: "waiting"; owned: boolean; attempt: number; slow: boolean }
  | { name: "connected"; owned: boolean; attempt: number }
  /** The connection broke; whether the core lives is being found out. */
  | { name: "reconnecting"; owned: boolean; attempt: number }
  /** A core ended; the next start waits for its turn. */
  | { name: "backing_off"; attempt: number }
  | { name: "failed"; failure: Failure }
  /** The core is being stopped, for good or to be started anew. */
  | { name: "stopping"; then: "stopped" | "launching" }
  /** Stopped because somebody wished it so: by the menu, by `mcpproxy stop`, by a signal. */
  | { name: "stopped" }
  /** The tray ends; a core of ours is stopped first. */
  | { name: "quitting" }
  | { name: "ended" };

/** The name of a state. */
export type StateName = TrayState["name"];

/** What can happen. */
export type TrayEvent =
  /** The tray begins. */
  | { name: "begin" }
  /** A core answers and is ready. */
  | { name: "core_ready"; owned: boolean }
  /** A core holds the data directory, but does not answer yet. */
  | { name: "core_starting"; owned: boolean }
  /** No core holds the data directory, and none of ours lives. `crashed`: the last one did not end in order. */
  | { name: "core_absent"; crashed: boolean }
  /** There is a core that an earlier version of the tray has started. */
  | { name: "core_outdated" }
  /** What keeps us from finding or starting a core, found out by ourselves. */
  | { name: "blocked"; failure: Failure }
  /** The core's process runs. */
  | { name: "launched" }
  /** A core of ours has ended though nobody here asked it to. */
  | { name: "core_exited"; code: number }
  /** The connection to the core broke. */
  | { name: "connection_lost" }
  /** The time that the state allows is over; in `connected`: the core has been well for long enough. */
  | { name: "timeout" }
  /** The core that was being stopped is gone. */
  | { name: "core_stopped" }
  /** The config file, or the data directory's owner or mode, is no longer what it was. */
  | { name: "settings_changed" }
  /** The user, by the menu. */
  | { name: "start" }
  | { name: "stop" }
  | { name: "restart" }
  | { name: "quit" };

/** The name of an event. */
export type EventName = TrayEvent["name"];

/** The state before anything is known. */
export const initialState: TrayState = { name: "starting" };
