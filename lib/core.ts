/** Puts the parts together: one core, from its data directory to its listeners and back. */
import { join } from "node:path";
import { parseListenAddress } from "./config/listen.ts";
import { LiveConfig } from "./config/live.ts";
import { ensureConfig, type Settings } from "./config/load.ts";
import { resolvePaths } from "./config/resolve.ts";
import type { Inputs } from "./config/paths.ts";
import { resolveServer } from "./config/references.ts";
import type { Config } from "./config/schema.ts";
import { secretsOf } from "./config/secrets.ts";
import { openListeners } from "./core_listeners.ts";
import { endpointOf } from "./endpoint_of.ts";
import { ExitCode, UserError } from "./errors.ts";
import { createLazyApp } from "./http/lazy_app.ts";
import type { AccessPolicy, CoreEvent, CoreFacts } from "./http/services.ts";
import { acquireCoreLock } from "./ipc/core_lock.ts";
import { formatEndpoint } from "./ipc/endpoint.ts";
import { prepareDataDirectory } from "./ipc/private_channel.ts";
import { removeRuntimeFile, writeRuntimeFile } from "./ipc/runtime_file.ts";
import { logger } from "./log.ts";
import { closeLog, setUpLog } from "./log_setup.ts";
import { createCallUpstream } from "./mcp/call.ts";
import { createMcpEndpoint } from "./mcp/endpoint.ts";
import { createMetrics } from "./metrics.ts";
import { createToolSearch } from "./tools/search.ts";
import { createUpstreams } from "./upstream/upstreams.ts";
import { pause } from "./waiting.ts";

/** A core that is up. */
export interface Core {
  /** What it says of itself. */
  facts: CoreFacts;
  /** The settings it was started with. */
  settings: Settings;
  /** Why the private channel could not be opened; null if it is open or switched off. */
  channelError: string | null;
  /** Resolves when a client has asked for the end of the core; whoever started it then has to stop it. */
  stopRequested: Promise<void>;
  /** Ends everything, children included, and gives the data directory free; takes at most about 4 s. */
  stop(): Promise<void>;
}

const drainMs = 3_000;
const farewellMs = 250;

/**
 * Starts a core.
 * @param inputs flags, environment and platform
 * @param version our own version
 * @returns the core, once both listeners are up; its upstreams connect from then on
 * @throws {UserError} with the exit code that fits: 2 port in use, 3 data directory held, 4 configuration, 5 permission
 */
export async function startCore(inputs: Inputs, version: string): Promise<Core> {
  // What is opened is closed in reverse, whether the start fails half-way or the core is told to stop.
  await using opened = new AsyncDisposableStack();
  const paths = await resolvePaths(inputs);
  const dataDirectory = prepareDataDirectory(paths.dataDirectory);
  const lock = await acquireCoreLock(dataDirectory);
  opened.defer(() => lock.release());
  const settings = await ensureConfig(inputs, paths);
  const endpoint = settings.config.enable_socket
    ? await endpointOf(settings, inputs, dataDirectory)
    : null;

  let secrets = secretsOf(settings.document.raw, inputs.environment);
  await startLog(settings, () => secrets);
  opened.defer(closeLog);
  const log = logger("core");
  for (const warning of settings.warnings) log.warn("{warning}", { warning });

  const events = new Set<(event: CoreEvent) => void>();
  const emit = (event: CoreEvent) => events.forEach((listener) => listener(event));

  const config = new LiveConfig(settings, inputs, {
    onChange({ config: current, needsRestart }) {
      secrets = secretsOf(config.raw(), inputs.environment);
      upstreams.apply(current.mcpServers);
      if (needsRestart.length > 0) {
        log.warn("config reloaded; these fields take effect after a restart: {needsRestart}", {
          needsRestart: needsRestart.join(", "),
        });
      } else {
        log.info("config reloaded");
      }
      emit({ type: "config.reloaded", ok: true, error: null });
    },
    onError(error) {
      log.error("{error} The last good config stays in force.", { error: error.message });
      emit({ type: "config.reloaded", ok: false, error: error.message });
    },
  });
  opened.defer(() => config.close());

  const upstreams = createUpstreams({
    settings: () => {
      const current = config.current();
      return {
        callToolTimeout: current.call_tool_timeout,
        initTimeout: current.init_timeout,
        healthCheckInterval: current.health_check_interval,
        toolDiscoveryInterval: current.tool_discovery_interval,
        dockerIsolation: current.docker_isolation,
      };
    },
    expand: (server) => resolveServer(server, inputs.environment),
    childEnvironment: definedOnly(inputs.environment),
    dataDirectory,
    version,
  });
  opened.defer(() => upstreams.stop());
  upstreams.onChange(({ name, kind }) =>
    emit({ type: "servers.changed", reason: `${kind}: ${name}` })
  );

  const metrics = createMetrics();
  const search = createToolSearch(upstreams);
  opened.defer(() => search.close());
  const callUpstream = createCallUpstream(
    upstreams,
    (server, _tool, outcome) => metrics.toolCall(server, outcome),
  );
  const mcp = createMcpEndpoint({
    ...{ upstreams, search, callUpstream },
    version,
    toolsLimit: settings.config.tools_limit,
    routingMode: settings.config.routing_mode,
  });

  const stopRequested = Promise.withResolvers<void>();
  const facts: CoreFacts = {
    version,
    pid: Deno.pid,
    launched_by: settings.launchedBy,
    started_at: new Date().toISOString(),
    listen_addr: settings.config.listen,
    socket: null,
    data_dir: dataDirectory,
    ready: false,
  };
  const app = createLazyApp({
    facts: () => facts,
    access: () => accessPolicy(config.current()),
    config,
    ...{ upstreams, search, callUpstream, metrics },
    connections: () => listeners.clients(),
    channel: () => listeners.counters(),
    onEvent(listener) {
      events.add(listener);
      return () => events.delete(listener);
    },
    requestStop({ source, pid }) {
      log.info("asked to stop over {source} by {pid}", {
        source,
        pid: pid === null ? "an unknown process" : `process ${pid}`,
      });
      stopRequested.resolve();
    },
    mcp: (request) => mcp.fetch(request),
  });

  const listeners = await openListeners(
    listenAddress(settings.config),
    endpoint,
    dataDirectory,
    app.fetch,
  );
  opened.defer(async () => {
    facts.ready = false;
    app.close(); // event streams never end by themselves, and a listener that drains waits for them
    // Calls under way fail now; their clients hear of it before the sessions end.
    const ended = upstreams.stop();
    await Promise.race([ended, pause(farewellMs)]);
    await Promise.all([listeners.stop(drainMs), mcp.close(), ended]);
  });
  const { channelError } = listeners;
  facts.listen_addr = listeners.listenAddress;
  facts.socket = endpoint && !channelError ? formatEndpoint(endpoint) : null;
  writeRuntimeFile(dataDirectory, {
    pid: facts.pid,
    version,
    started_at: facts.started_at,
    launched_by: facts.launched_by,
    listen_addr: facts.listen_addr,
    endpoint: facts.socket,
    channel_error: channelError,
  });
  opened.defer(() => removeRuntimeFile(dataDirectory));

  facts.ready = true;
  emit({ type: "status.changed" });
  log.info("ready: tcp {listen_addr}, private channel {socket}", { ...facts });
  upstreams.apply(settings.config.mcpServers);

  const running = opened.move();
  return {
    ...{ facts, settings, channelError },
    stopRequested: stopRequested.promise,
    stop: () => running.disposeAsync(),
  };
}

function listenAddress(config: Config): { hostname: string; port: number } {
  const address = parseListenAddress(config.listen);
  if (typeof address !== "string") return address;
  throw new UserError(`listen: ${address}`, { exitCode: ExitCode.configuration });
}

function accessPolicy({ api_key, require_mcp_auth, trusted_hosts }: Config): AccessPolicy {
  return {
    apiKey: api_key ?? "",
    mcpNeedsKey: require_mcp_auth !== false,
    trustedHosts: trusted_hosts,
  };
}

async function startLog(settings: Settings, secrets: () => string[]): Promise<void> {
  const { logging } = settings.config;
  const folder = logging.log_dir ?? settings.paths.logDirectory;
  if (logging.enable_file) await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const file = {
    path: join(folder, logging.filename),
    maxBytes: logging.max_size * 1024 * 1024,
    keep: logging.max_backups,
  };
  await setUpLog({
    level: logging.level,
    console: logging.enable_console,
    ...logging.enable_file ? { file } : {},
    secrets,
  });
}

function definedOnly(environment: Inputs["environment"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] =>
      entry[1] !== undefined
    ),
  );
}
