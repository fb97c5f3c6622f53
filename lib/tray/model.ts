/** What the tray knows at one moment: all that menu, icon and notifications are made from. */
import type { PortHolder } from "./port_listeners.ts";
import type { TrayState } from "./state.ts";

/** A server as the menu shows it. */
export interface ServerSummary {
  name: string;
  enabled: boolean;
  quarantined: boolean;
  state: "disabled" | "connecting" | "ready" | "error" | "stopped";
  tool_count: number;
  /** Its error in words, or null. */
  last_error: string | null;
}

/** The core that the tray is connected to. */
export interface CoreSummary {
  version: string;
  pid: number;
  /** `host:port`, as the core's events tell it: the only source of the address that the tray shows. */
  listen_addr: string;
  web_ui_url: string | null;
  /** How the tray talks to it. */
  transport: "unix" | "pipe" | "tcp";
  /** The private channel, or the URL. */
  endpoint: string;
}

/** What the tray knows. */
export interface TrayModel {
  version: string;
  state: TrayState;
  core: CoreSummary | null;
  servers: ServerSummary[];
  startsAtLogin: boolean;
  /** What went wrong, in one line; null if nothing did. */
  problem: string | null;
  /** The config file, and where in it the fault is, if that is known. */
  configFile: string;
  configLine: number | null;
  /** Where the port is in use: the process of this user that listens there, if that is known. */
  portHolder: PortHolder | null;
  dataDirectory: string;
  logDirectory: string;
}

/** What a click means. */
export type TrayAction =
  | { name: "start_core" }
  | { name: "stop_core" }
  | { name: "restart_core" }
  | { name: "enable_server"; server: string }
  | { name: "disable_server"; server: string }
  | { name: "restart_server"; server: string }
  | { name: "open_server_log"; server: string }
  | { name: "open_dashboard" }
  | { name: "copy_mcp_address" }
  | { name: "copy_client_config" }
  | { name: "open_config" }
  | { name: "open_logs" }
  | { name: "toggle_start_at_login" }
  /** End the process that listens on the core's port. */
  | { name: "end_port_holder" }
  /** Let the core listen on a free port from now on. */
  | { name: "use_free_port" }
  /** Set owner-only modes on what is ours. */
  | { name: "fix_permissions" }
  | { name: "quit" };
