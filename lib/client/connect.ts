/**
 * How a client reaches the core: one transport, chosen once, for everything it does. The private channel where it is
 * enabled; TCP with the API key only where it is switched off, or where the running core says that it could not open it.
 * A socket that is missing or refuses sends nobody to TCP.
 */
import { type Inputs, type Paths, variable } from "../config/paths.ts";
import { resolvePaths } from "../config/resolve.ts";
import { ExitCode, UserError } from "../errors.ts";
import { formatEndpoint, parseEndpoint } from "../ipc/endpoint.ts";
import { checkDataDirectory, openChannel } from "../ipc/private_channel.ts";
import { readRuntimeFile, type RuntimeFacts } from "../ipc/runtime_file.ts";
import { logger } from "../log.ts";
import type { ApiTransport } from "./request.ts";
import { openTcpClient } from "./tcp_client.ts";

/** A transport to the core of one data directory. */
export interface CoreTransport extends ApiTransport {
  kind: "unix" | "pipe" | "tcp";
  /** `unix:///…` or `http://127.0.0.1:8080`; for people. */
  address: string;
  /** Gives its connections free. */
  close(): void;
}

/** No core runs for this data directory. */
export class NoCoreError extends UserError {
  override readonly name = "NoCoreError";
  /** @param dataDirectory the folder in which none runs */
  constructor(dataDirectory: string) {
    super(`No mcpproxy core is running for ${dataDirectory}`, {
      next: "Start one: mcpproxy serve",
    });
  }
}

/**
 * Finds the core and the way to it. Nothing is sent yet.
 * @param inputs flags, environment and platform
 * @param client what we call ourselves, such as `cli/0.1.0`
 * @returns the transport
 * @throws {NoCoreError} if no core runs for the data directory, and no endpoint was given by flag or environment
 * @throws {UserError} if the data directory cannot be trusted, or TCP is needed and there is no key
 */
export async function connectToCore(inputs: Inputs, client: string): Promise<CoreTransport> {
  const paths = await resolvePaths(inputs);
  const given = inputs.flags.trayEndpoint || variable(inputs.environment, "MCPPROXY_TRAY_ENDPOINT");
  const source = inputs.flags.trayEndpoint
    ? "--tray-endpoint"
    : given
    ? "MCPPROXY_TRAY_ENDPOINT"
    : "runtime.json";
  const runtime = runtimeOf(paths.dataDirectory);
  if (!runtime && !given) throw new NoCoreError(paths.dataDirectory);
  const transport = runtime?.endpoint === null
    ? await tcpTransport(inputs, paths, runtime)
    : await privateTransport(given ?? runtime?.endpoint ?? "", source, inputs, client);
  logger("client").info("transport={kind} endpoint={address}", { ...transport });
  return transport;
}

/** What the core of a data directory says of itself; null if none runs. */
function runtimeOf(dataDirectory: string): RuntimeFacts | null {
  try {
    Deno.lstatSync(dataDirectory);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  return readRuntimeFile(checkDataDirectory(dataDirectory));
}

/** An endpoint that we were given counts; else the one that the running core names, which knows its own environment. */
async function privateTransport(
  address: string,
  source: string,
  inputs: Inputs,
  client: string,
): Promise<CoreTransport> {
  const endpoint = parseEndpoint(address, inputs.platform, source);
  const channel = await openChannel(endpoint, client);
  return {
    kind: endpoint.kind,
    address: formatEndpoint(endpoint),
    baseUrl: "http://localhost",
    fetch: (input, init) => channel.fetch(input instanceof Request ? input.url : input, init),
    close: () => channel.close(),
  };
}

/** Only here the config itself is wanted, whose schema takes longer to load than all else that a command does. */
async function tcpTransport(
  inputs: Inputs,
  paths: Paths,
  runtime: RuntimeFacts,
): Promise<CoreTransport> {
  const [{ loadConfig }, { parseListenAddress }] = await Promise.all([
    import("../config/load.ts"),
    import("../config/listen.ts"),
  ]);
  const address = parseListenAddress(runtime.listen_addr);
  const apiKey = (await loadConfig(inputs, paths)).config.api_key;
  if (typeof address === "string" || !apiKey) {
    throw new UserError("The private channel is off and there is no API key for TCP", {
      exitCode: ExitCode.configuration,
      next: `Set "api_key" in ${paths.configFile}, or enable_socket to true.`,
    });
  }
  if (runtime.channel_error) {
    logger("client").warn("the core could not open its private channel: {error}", {
      error: runtime.channel_error,
    });
  }
  const baseUrl = `http://${runtime.listen_addr}`;
  return { kind: "tcp", address: baseUrl, baseUrl, apiKey, ...openTcpClient() };
}
