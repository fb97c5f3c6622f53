/** Lays flags and environment over what the config file says. */
import { variable } from "./environment.ts";
import { ConfigError } from "./error.ts";
import { parseListenAddress } from "./listen.ts";
import { type Inputs, pathsOf } from "./paths.ts";
import type { Config } from "./schema.ts";

const LEVELS: readonly Config["logging"]["level"][] = ["trace", "debug", "info", "warn", "error"];

/**
 * The config in force: flags over environment over file. An empty variable counts as not set, also
 * MCPPROXY_TRAY_ENDPOINT. The core, the tray and the command line all come here, so what the environment says of
 * the endpoint moves them all.
 * @param config what the file says, defaults included
 * @param inputs flags and environment
 * @returns a copy with `listen`, `enable_socket`, `tray_endpoint`, `data_dir`, `api_key` and `logging` as they hold
 * @throws {ConfigError} naming the flag or variable if one is wrong
 */
export function effectiveConfig(config: Config, inputs: Inputs): Config {
  const { flags, environment } = inputs;
  refuseTls(variable(environment, "MCPPROXY_TLS_ENABLED"));
  return {
    ...config,
    listen: address(flags.listen || undefined, "--listen") ??
      address(variable(environment, "MCPPROXY_LISTEN"), "MCPPROXY_LISTEN") ?? config.listen,
    enable_socket: flags.enableSocket ?? config.enable_socket,
    tray_endpoint: flags.trayEndpoint || variable(environment, "MCPPROXY_TRAY_ENDPOINT") ||
      config.tray_endpoint,
    data_dir: pathsOf(inputs, config.data_dir).dataDirectory,
    api_key: variable(environment, "MCPPROXY_API_KEY") ?? config.api_key,
    logging: {
      ...config.logging,
      level: level(flags.logLevel) ?? config.logging.level,
      enable_file: flags.logToFile ?? config.logging.enable_file,
    },
  };
}

function address(value: string | undefined, source: string): string | undefined {
  if (value === undefined) return undefined;
  const parsed = parseListenAddress(value);
  if (typeof parsed === "string") {
    throw new ConfigError(`${source}: ${parsed}`, { next: `Correct ${source} and try again.` });
  }
  return value;
}

function level(value: string | undefined): Config["logging"]["level"] | undefined {
  if (!value) return undefined;
  const known = LEVELS.find((name) => name === value);
  if (known) return known;
  throw new ConfigError("--log-level: no such level", { next: `Use one of ${LEVELS.join(", ")}.` });
}

/** The Go program would serve HTTPS; plain HTTP instead of it must not happen unseen. */
function refuseTls(value: string | undefined): void {
  if (value === "true" || value === "1") {
    throw new ConfigError("MCPPROXY_TLS_ENABLED asks for TLS, which is not offered", {
      next: "Unset it and put a TLS reverse proxy in front.",
    });
  }
}
