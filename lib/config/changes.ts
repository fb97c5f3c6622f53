/** What of a changed config waits for a restart. */
import type { Config } from "./schema.ts";

/**
 * What is bound or opened once, at the start. Everything else takes effect while running: servers are compared one
 * by one, and `api_key`, `trusted_hosts` and `require_mcp_auth` are read anew for each request.
 */
const FIXED_AT_START = [
  "listen",
  "data_dir",
  "enable_socket",
  "tray_endpoint",
  "tls",
  "logging",
] as const satisfies readonly (keyof Config)[];

/**
 * Compares the config in force with the one the process was started with.
 * @param started the effective config at the start
 * @param current the effective config now
 * @returns the fields whose new value takes effect only after a restart, in the order of the config
 */
export function fieldsNeedingRestart(started: Config, current: Config): string[] {
  return FIXED_AT_START.filter((field) =>
    JSON.stringify(started[field]) !== JSON.stringify(current[field])
  );
}
