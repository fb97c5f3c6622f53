/** Makes a connection to one server, by whatever transport and protocol era it takes. */
import type { Client, PriorDiscovery, Transport } from "@modelcontextprotocol/client";
import type { ServerConfig } from "../config/schema.ts";
import type { ChildProcesses } from "./child_process.ts";
import { findCommand, findWorkingDirectory } from "../find_command.ts";
import { environmentFor, searchPathOf } from "./environment.ts";
import { failureText, httpStatus } from "./failure.ts";
import { createHttpFetch } from "./http_fetch.ts";
import type { LogRing } from "./log_ring.ts";
import { ProbeClosedError, probeEra } from "./probe.ts";
import { protocolOf } from "./refusal.ts";
import type { Sdk } from "./sdk.ts";
import { StdioTransport } from "./stdio_transport.ts";
import type { UpstreamStatus } from "./types.ts";
import { settlesWithin, untilAborted } from "../waiting.ts";

/** What an earlier connection has found out about a server at the cost of some time. */
export interface Agreement {
  /** It speaks 2025 and no later era. A server of 2026-07-28 answers the question at once: nothing to remember. */
  era?: "legacy";
  /** It speaks SSE although its config leaves that open. */
  protocol?: "sse";
}

/** What connecting takes beside the server's config. */
export interface ConnectContext {
  sdk: Sdk;
  version: string;
  processes: ChildProcesses;
  childEnvironment: Readonly<Record<string, string>>;
  log: LogRing;
  /** What was agreed on before; written to when it turns out. */
  agreement: Agreement;
  /** Ends the attempt. */
  signal: AbortSignal;
  /** Milliseconds that the server has for each answer. */
  timeout: number;
  /** Told of what goes wrong outside of a request: a stray message, a stream that broke. */
  onTrouble(error: Error): void;
  /** Told when the server says that its tools have changed, which it may do as soon as hands are shaken. */
  onToolsChanged(): void;
}

/** An open connection. */
export interface Connection {
  readonly client: Client;
  readonly protocol: UpstreamStatus["protocol"];
  readonly era: "legacy" | "modern";
  readonly pid: number | null;
  /** Resolves with the reason when it breaks or is closed. */
  readonly closed: Promise<string>;
  /** When the last message came, by `performance.now()`. */
  lastHeard(): number;
  /** Ends it, and its process; resolves when that is done, within about 4 s. Never rejects. */
  close(): Promise<void>;
}

/**
 * Connects to a server and shakes hands.
 * @param server its config, references replaced
 * @throws whatever keeps it from that; nothing of the attempt is left then
 */
export async function connect(server: ServerConfig, context: ConnectContext): Promise<Connection> {
  if (protocolOf(server) === "stdio") return await connectStdio(server, context);
  if (protocolOf(server) === "sse" || context.agreement.protocol === "sse") {
    return await connectSse(server, context);
  }
  try {
    return await connectHttp(server, context);
  } catch (error) {
    // A server of 2024-11-05 answers a POST with a 4xx (2025-11-25, Transports, Backwards Compatibility). One that wants
    // credentials does so, too, and would want them for SSE as well.
    const status = httpStatus(error, context.sdk) ?? 0;
    const maySpeakSse = status >= 400 && status < 500 && ![401, 403, 407, 429].includes(status);
    if (server.protocol !== "auto" || !maySpeakSse) throw error;
    return await connectOldHttp(server, context, error);
  }
}

async function connectOldHttp(server: ServerConfig, context: ConnectContext, first: unknown) {
  try {
    const connection = await connectSse(server, context);
    context.agreement.protocol = "sse";
    return connection;
  } catch (error) {
    const text = (thrown: unknown) => failureText(thrown, context.sdk);
    throw new Error(`It speaks neither streamable HTTP (${text(first)}) nor SSE (${text(error)}).`);
  }
}

async function connectStdio(server: ServerConfig, context: ConnectContext): Promise<Connection> {
  const { sdk, agreement, signal } = context;
  const environment = environmentFor(context.childEnvironment, server.env);
  const directory = await findWorkingDirectory(server.working_dir, Deno.cwd());
  const program = await findCommand(server.command!, searchPathOf(environment), directory);
  const command = { program, args: server.args, directory, environment };
  const open = async (prior?: PriorDiscovery): Promise<Connection> => {
    const transport = new StdioTransport(
      await context.processes.start(command, signal),
      context.log,
    );
    const { pid } = transport;
    try {
      prior ??= await probeEra(sdk, transport, clientInfo(context), signal);
      const shaken = await shakeHands(transport, prior, context, () => transport.closeReason);
      return { ...shaken, protocol: "stdio", pid, close: () => transport.close() };
    } catch (error) {
      const { closeReason } = transport; // says more than the SDK's "Connection closed"
      await transport.close();
      if (closeReason === null || signal.aborted || error instanceof ProbeClosedError) throw error;
      throw new Error(closeReason);
    }
  };
  try {
    return await open(agreement.era && { kind: agreement.era });
  } catch (error) {
    if (!(error instanceof ProbeClosedError)) throw error;
    return await open({ kind: "legacy" });
  }
}

async function connectHttp(server: ServerConfig, context: ConnectContext): Promise<Connection> {
  const http = createHttpFetch();
  const transport = new context.sdk.StreamableHTTPClientTransport(new URL(server.url!), {
    requestInit: { headers: server.headers },
    fetch: http.fetch,
  });
  const close = once(async () => {
    // A courtesy to the server, which would otherwise keep the session until it is tired of it.
    await settlesWithin(transport.terminateSession(), 1_000);
    await transport.close();
    http.close();
  });
  const { era } = context.agreement;
  try {
    const shaken = await shakeHands(transport, era && { kind: era }, context);
    return { ...shaken, protocol: "http", pid: null, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function connectSse(server: ServerConfig, context: ConnectContext): Promise<Connection> {
  const http = createHttpFetch();
  const transport = new context.sdk.SSEClientTransport(new URL(server.url!), {
    requestInit: { headers: server.headers },
    fetch: http.fetch,
  });
  const close = once(async () => {
    await transport.close();
    http.close();
  });
  let reason: string | null = null;
  transport.onerror = (error) => {
    if (!(error instanceof context.sdk.SseError)) return;
    // The event source would connect anew by itself, to a session in which nobody has shaken hands.
    reason = failureText(error, context.sdk);
    queueMicrotask(close); // once it has set the timer for that, so that closing finds the timer
  };
  try {
    const shaken = await shakeHands(transport, { kind: "legacy" }, context, () => reason);
    return { ...shaken, protocol: "sse", pid: null, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The part that is the same for all transports. Without `prior` the SDK asks for the era itself. */
async function shakeHands(
  transport: Transport,
  prior: PriorDiscovery | undefined,
  context: ConnectContext,
  closeReason: () => string | null = () => null,
): Promise<Omit<Connection, "protocol" | "pid" | "close">> {
  const { sdk, signal, timeout } = context;
  const client = new sdk.Client(clientInfo(context), {
    // None: what a server asks of its client (sampling, elicitation, roots) is refused by the SDK as unknown.
    capabilities: {},
    inputRequired: { autoFulfill: false },
    versionNegotiation: { mode: "auto" },
    // Results pass through as they are; this also keeps a validator engine from being built for each upstream.
    jsonSchemaValidator: {
      getValidator: () => (input) => ({
        valid: true,
        data: input as never,
        errorMessage: undefined,
      }),
    },
  });
  let heard = performance.now();
  transport.onmessage = () => {
    heard = performance.now();
  };
  const closed = new Promise<string>((resolve) => {
    client.onclose = () => resolve(closeReason() ?? "the connection was closed");
  });
  client.onerror = (error) => context.onTrouble(error);
  client.setNotificationHandler("notifications/tools/list_changed", () => context.onToolsChanged());
  const options = { signal, timeout, ...(prior && { prior }) };
  await untilAborted(client.connect(transport, options), signal);
  const era = client.getProtocolEra() ?? "legacy";
  if (era === "legacy") context.agreement.era = "legacy";
  return { client, era, closed, lastHeard: () => heard };
}

function clientInfo(context: ConnectContext): { name: string; version: string } {
  return { name: "mcpproxy", version: context.version };
}

function once(task: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => done ??= task();
}
