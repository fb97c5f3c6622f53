/** `mcpproxy stdio` as clients start it: by the official client, and by hand. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type CallToolResult, Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { corePid } from "../../../lib/ipc/core_lock.ts";
import type { Era } from "../../mcp/harness.ts";
import type { Child } from "../../support/child.ts";
import { loggedChild } from "../../support/logged_child.ts";
import { mcpproxy, type Sandbox } from "../../support/sandbox.ts";
import { until } from "../../support/until.ts";
import { isRunning } from "../../upstream/helper.ts";

const [program, ...programArgs] = mcpproxy;

/** The arguments of a bridge to the core of a sandbox. */
function stdioArgs(sandbox: Sandbox, more: readonly string[]): string[] {
  return [...programArgs, "stdio", "--data-dir", sandbox.dataDir, ...more];
}

/** How to start one. */
export interface BridgeOptions {
  /** What follows `stdio`. */
  args?: readonly string[];
  env?: Record<string, string>;
  /** What runs it, arguments and all; as for {@linkcode mcpproxy} if not given. */
  command?: readonly string[];
  /** Called each time the client learns that the tools have changed. */
  onToolsChanged?: () => void;
}

/** The official client, with a bridge of its own. */
export interface BridgedClient extends AsyncDisposable {
  client: Client;
  /** Calls a tool; the result is what came, checked against no schema. */
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<CallToolResult>;
  /** Of the bridge. */
  pid: number;
  /** What the bridge has written to standard error. */
  said(): string;
}

/** Accepts all: the SDK would otherwise drop what its schema does not know. */
const anything = {
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
};

/**
 * Connects the official client by its own stdio transport.
 * @param sandbox whose core is meant
 * @param era the revision of the protocol that it speaks
 */
export async function connectStdio(
  sandbox: Sandbox,
  era: Era,
  options: BridgeOptions = {},
): Promise<BridgedClient> {
  const command = { command: program!, args: stdioArgs(sandbox, options.args ?? []) };
  return await connectCommand(command, sandbox, era, options);
}

/**
 * Connects the official client to a server by the command that its settings hold.
 * @param command of a bridge
 * @param sandbox where it is started
 * @param era the revision of the protocol that the client speaks
 */
export async function connectCommand(
  command: { command: string; args: string[] },
  sandbox: Sandbox,
  era: Era = "modern",
  { env = {}, onToolsChanged }: Omit<BridgeOptions, "args" | "command"> = {},
): Promise<BridgedClient> {
  const client = new Client({ name: "e2e", version: "1" }, {
    versionNegotiation: { mode: era === "legacy" ? "legacy" : "auto" },
    ...onToolsChanged && {
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: onToolsChanged } },
    },
  });
  const transport = new StdioClientTransport({
    ...command,
    env: sandbox.environment(env),
    cwd: sandbox.folder,
    stderr: "pipe",
  });
  let said = "";
  transport.stderr?.on("data", (chunk) => said += chunk);
  await client.connect(transport);
  const { pid } = transport;
  assert(pid);
  return {
    client,
    call: async (name, args = {}, signal) => {
      const request = { method: "tools/call", params: { name, arguments: args } };
      const options = { timeout: 120_000, ...signal && { signal } };
      return await client.request(request, anything, options) as CallToolResult;
    },
    pid,
    said: () => said,
    async [Symbol.asyncDispose]() {
      await client.close();
      await until(() => !isRunning(pid), "the bridge has ended");
    },
  };
}

/** A bridge that is spoken to line by line. */
export class RawBridge implements AsyncDisposable {
  readonly child: Child;
  readonly #log: string;
  #id = 0;

  /** Starts it. */
  constructor(sandbox: Sandbox, { args = [], env = {}, command }: BridgeOptions = {}) {
    this.#log = join(sandbox.folder, `stdio-${crypto.randomUUID()}.log`);
    Deno.writeTextFileSync(this.#log, "");
    const whole = command ?? [program!, ...stdioArgs(sandbox, args)];
    this.child = loggedChild(whole, sandbox.environment(env), this.#log);
  }

  /** What it has written to standard error. */
  said(): string {
    return Deno.readTextFileSync(this.#log);
  }

  /** Each line of its standard output, as JSON. */
  messages(): Record<string, unknown>[] {
    return this.child.lines.map((line) => {
      const message = JSON.parse(line);
      assert.equal(message.jsonrpc, "2.0", line);
      return message;
    });
  }

  /** Sends a request. @returns its response, once it has come */
  async request(method: string, params: Record<string, unknown> = {}): Promise<RawResponse> {
    const id = `raw-${++this.#id}`;
    await this.child.tell(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return await this.response(id);
  }

  /** Waits for the response to a request. */
  async response(id: string | number | null): Promise<RawResponse> {
    const find = () => this.messages().find((message) => message.id === id && !message.method);
    return await until(find, `a response to ${id}; it said: ${this.said()}`) as RawResponse;
  }

  async notify(method: string, params: Record<string, unknown> = {}): Promise<void> {
    await this.child.tell(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  /** Does what a client of the 2025 era does first. */
  async initialize(): Promise<void> {
    const { result } = await this.request("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "raw", version: "1" },
    });
    assert.equal(result?.protocolVersion, "2025-11-25");
    await this.notify("notifications/initialized");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}

/** A response by hand. */
export interface RawResponse {
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

/** The `_meta` of a message of the 2026 era. */
export const modernMeta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The core that runs for a sandbox, whoever has started it; null if none does. */
export function coreOf(sandbox: Sandbox): number | null {
  try {
    return corePid(sandbox.dataDir);
  } catch {
    return null;
  }
}

/** Ends, when its scope ends, the core that a bridge has started for a sandbox. */
export function coreEnds(sandbox: Sandbox): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      const pid = coreOf(sandbox);
      if (pid === null) return;
      Deno.kill(pid, "SIGTERM");
      await until(() => !isRunning(pid), `core ${pid} has ended`);
    },
  };
}
