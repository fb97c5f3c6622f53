/** Upstreams in memory, for tests that need no real servers. */
import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import type {
  CallOptions,
  UpstreamChange,
  Upstreams,
  UpstreamState,
  UpstreamStatus,
} from "../../lib/upstream/types.ts";

type Call = (
  tool: string,
  args: Record<string, unknown>,
  options: CallOptions,
) => Promise<CallToolResult> | CallToolResult;

/** What a server in memory is. */
export interface FakeServer {
  state?: UpstreamState;
  lastError?: string;
  tools?: Tool[];
  call?: Call;
}

/** A tool with nothing but a name and what is given. */
export function tool(name: string, more: Partial<Tool> = {}): Tool {
  return { name, inputSchema: { type: "object" }, ...more };
}

/** Upstreams that hold what they are told to. */
export class FakeUpstreams implements Upstreams {
  readonly #servers = new Map<string, FakeServer>();
  readonly #listeners = new Set<(change: UpstreamChange) => void>();

  constructor(servers: Record<string, FakeServer> = {}) {
    for (const [name, server] of Object.entries(servers)) this.#servers.set(name, server);
  }

  /** Changes a server and tells the listeners; `undefined` removes it. */
  set(name: string, kind: UpstreamChange["kind"], server: FakeServer | undefined): void {
    if (server === undefined) this.#servers.delete(name);
    else this.#servers.set(name, { ...this.#servers.get(name), ...server });
    for (const listener of this.#listeners) listener({ name, kind });
  }

  /** How many listen for changes. */
  get listeners(): number {
    return this.#listeners.size;
  }

  list(): UpstreamStatus[] {
    return [...this.#servers.keys()].flatMap((name) => this.get(name) ?? []);
  }

  get(name: string): UpstreamStatus | undefined {
    const server = this.#servers.get(name);
    return server && {
      name,
      protocol: "stdio",
      state: server.state ?? "ready",
      since: "2026-01-01T00:00:00Z",
      last_error: server.lastError ?? null,
      retry_count: 0,
      next_retry_at: null,
      tool_count: this.tools(name).length,
      pid: null,
      server_info: null,
      era: null,
    };
  }

  tools(name: string): readonly Tool[] {
    const server = this.#servers.get(name);
    return (server?.state ?? "ready") === "ready" ? server?.tools ?? [] : [];
  }

  async callTool(
    name: string,
    toolName: string,
    args: Record<string, unknown>,
    options: CallOptions = {},
  ): Promise<CallToolResult> {
    const call = this.#servers.get(name)?.call ?? echo;
    return await call(toolName, args, options);
  }

  onChange(listener: (change: UpstreamChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  apply(): void {}
  restart(): Promise<void> {
    return Promise.resolve();
  }
  logs(): string[] {
    return [];
  }
  onLog(): () => void {
    return () => {};
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

function echo(toolName: string, args: Record<string, unknown>): CallToolResult {
  return { content: [{ type: "text", text: JSON.stringify({ tool: toolName, args }) }] };
}
