/** A core that exists only in memory: what lib/http is given, with knobs for the tests. */
import type { ServerConfig } from "../../lib/config/schema.ts";
import { UserError } from "../../lib/errors.ts";
import type {
  AccessPolicy,
  CallUpstream,
  CoreEvent,
  CoreFacts,
  Services,
} from "../../lib/http/services.ts";
import { createToolSearch } from "../../lib/tools/search.ts";
import { createMetrics } from "../../lib/metrics.ts";
import type { UpstreamChange, Upstreams, UpstreamStatus } from "../../lib/upstream/types.ts";

/** The API key of every fake core; tests look for it where it must not be. */
export const API_KEY = "f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed";
/** The value of an env variable of a fake server; likewise. */
export const SECRET = "hunter2-secret-value";

/** Services and the knobs to them. */
export interface FakeServices extends Services {
  readonly settings: {
    facts: CoreFacts;
    access: AccessPolicy;
    refusal: string | null;
    call: CallUpstream;
  };
  /** What was asked of the configuration and the upstreams, as `verb name`. */
  readonly done: string[];
  /** The servers as the fake configuration holds them, secrets in clear. */
  readonly stored: Map<string, Record<string, unknown>>;
  readonly statuses: Map<string, UpstreamStatus>;
  emit(event: CoreEvent): void;
  /** Emits `servers.changed`, as the core does for each change of an upstream. */
  change(name: string): void;
  /** Writes a line into a server's log. */
  log(name: string, line: string): void;
  /** Says that an upstream was removed. */
  remove(name: string): void;
  listenerCount(): number;
}

/**
 * Makes a fake core.
 * @param serverCount how many ready servers it has: server-0, server-1 …
 * @returns the services
 */
export function fakeServices(serverCount = 2): FakeServices {
  const names = Array.from({ length: serverCount }, (_, index) => `server-${index}`);
  const settings = {
    facts: {
      version: "1.2.3",
      pid: 4321,
      launched_by: "test",
      started_at: new Date(Date.now() - 5000).toISOString(),
      listen_addr: "127.0.0.1:8080",
      socket: "unix:///tmp/fake/mcpproxy.sock",
      data_dir: "/tmp/fake",
      ready: true,
    } as CoreFacts,
    access: { apiKey: API_KEY, mcpNeedsKey: true, trustedHosts: [] } as AccessPolicy,
    refusal: null as string | null,
    call: ((server, tool, args) =>
      Promise.resolve({
        content: [{ type: "text", text: JSON.stringify({ server, tool, args }) }],
      })) as CallUpstream,
  };
  const done: string[] = [];
  const stored = new Map(names.map((name) => [name, fakeServer(name)]));
  const statuses = new Map(names.map((name) => [name, fakeStatus(name)]));
  const coreListeners = new Set<(event: CoreEvent) => void>();
  const logListeners = new Set<(name: string, line: string) => void>();
  const changeListeners = new Set<(change: UpstreamChange) => void>();
  const emit = (event: CoreEvent) => coreListeners.forEach((listener) => listener(event));

  const upstreams: Upstreams = {
    apply: () => {},
    list: () => [...statuses.values()],
    get: (name) => statuses.get(name),
    tools: (name) => [{
      name: "echo",
      description: `echo of ${name}`,
      inputSchema: { type: "object", properties: { text: { type: "string" } } },
      annotations: { readOnlyHint: true },
    }],
    callTool: () => Promise.reject(new Error("not used here")),
    restart: (name) => Promise.resolve(void done.push(`restart ${name}`)),
    logs: (name, limit) => Array.from({ length: 3 }, (_, line) => `${name} ${line}`).slice(-limit),
    onLog: (listener) => {
      logListeners.add(listener);
      return () => void logListeners.delete(listener);
    },
    onChange: (listener) => {
      changeListeners.add(listener);
      return () => void changeListeners.delete(listener);
    },
    stop: () => Promise.resolve(),
  };

  return {
    settings,
    done,
    stored,
    statuses,
    emit,
    change: (name) => emit({ type: "servers.changed", reason: `state: ${name}` }),
    log: (name, line) => logListeners.forEach((listener) => listener(name, line)),
    remove: (name) => changeListeners.forEach((listener) => listener({ name, kind: "removed" })),
    listenerCount: () => coreListeners.size + logListeners.size + changeListeners.size,
    facts: () => settings.facts,
    access: () => settings.access,
    upstreams,
    // Its own listener is not one that the app must end.
    search: createToolSearch({ ...upstreams, onChange: () => () => {} }),
    callUpstream: (server, tool, args, context) => settings.call(server, tool, args, context),
    requestStop: ({ source, pid }) => void done.push(`stop by ${source} ${pid}`),
    metrics: createMetrics(),
    connections: () => [],
    channel: () => ({ connections: { tcp: 3, socket: 7 }, rejectedPeers: { uid: 1 } }),
    onEvent: (listener) => {
      coreListeners.add(listener);
      return () => void coreListeners.delete(listener);
    },
    mcp: async (request) => Response.json({ echo: await request.text() }),
    config: {
      masked: () => ({ api_key: "••••", mcpServers: [...stored.keys()].map(masked) }),
      servers: () => [...stored.values()] as unknown as ServerConfig[],
      maskedServer: (name) => stored.has(name) ? masked(name) : undefined,
      addServer: (server) => {
        if (server.command === undefined && server.url === undefined) {
          return Promise.reject(
            new UserError("url: either command or url is needed", { next: "Give one." }),
          );
        }
        stored.set(String(server.name), server);
        return Promise.resolve(void done.push(`add ${server.name}`));
      },
      patchServer: (name, patch) => {
        stored.set(name, { ...stored.get(name), ...patch });
        return Promise.resolve(void done.push(`patch ${name} ${JSON.stringify(patch)}`));
      },
      removeServer: (name) => {
        stored.delete(name);
        return Promise.resolve(void done.push(`remove ${name}`));
      },
      refusal: () => settings.refusal,
    },
  };

  function masked(name: string): Record<string, unknown> {
    const env = stored.get(name)?.env as Record<string, string> | undefined;
    const hidden = Object.fromEntries(
      Object.keys(env ?? {}).map((key) => [key, "••••ue (20 chars)"]),
    );
    return { ...stored.get(name), env: hidden };
  }
}

function fakeServer(name: string): Record<string, unknown> {
  return {
    name,
    protocol: "stdio",
    enabled: true,
    quarantined: false,
    command: "npx",
    args: ["-y", name],
    env: { TOKEN: SECRET },
    headers: {},
  };
}

/** A ready upstream with five tools. */
export function fakeStatus(name: string): UpstreamStatus {
  return {
    name,
    protocol: "stdio",
    state: "ready",
    since: "2026-01-01T00:00:00.000Z",
    last_error: null,
    retry_count: 0,
    next_retry_at: null,
    tool_count: 5,
    pid: 999,
    server_info: { name, version: "1" },
    era: "legacy",
  };
}
