/** What the core hands to the upstreams. */
import type { ServerConfig } from "../config/schema.ts";

/** Settings that a changed config may change while upstreams run. Durations are milliseconds. */
export interface UpstreamSettings {
  /** How long a tool call may go on without an answer or a word of progress. */
  callToolTimeout: number;
  /** How long a server has from its start until its tools are listed, unless its own `init_timeout` says otherwise. */
  initTimeout: number;
  /** Between two checks that a server still answers, unless it has its own; 0: never. */
  healthCheckInterval: number;
  /** Between two looks at a server's tools, unless it has its own; 0: only when it says they changed. */
  toolDiscoveryInterval: number;
  /** `docker_isolation` of the config. */
  dockerIsolation: { enabled: boolean; mode?: "docker" | "sandbox" | "none" | undefined };
}

/** What upstreams need from outside. */
export interface UpstreamOptions {
  /** The settings as they are now; asked for at each use, so that a reloaded config takes effect. */
  settings(): UpstreamSettings;
  /**
   * Replaces the references (`${env:NAME}` …) in a server's config.
   * @throws {UserError} if one stands for nothing; its text is shown as the reason why the server is not started
   */
  expand(server: ServerConfig): ServerConfig;
  /** The environment of which children get a part: see environment.ts for which. */
  childEnvironment: Readonly<Record<string, string>>;
  /** The private folder for the record of running children; the caller holds its lock. */
  dataDirectory: string;
  /** Our own version, told to the servers. */
  version: string;
}
