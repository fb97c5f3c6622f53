/** All upstreams of one core: keeps them in step with the config and finds them by name. */
import type { ServerConfig } from "../config/schema.ts";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import type { ChildProcesses } from "./child_process.ts";
import { UpstreamNotReadyError } from "./errors.ts";
import type { UpstreamOptions } from "./options.ts";
import { childProcesses } from "./process.ts";
import type { UpstreamChange, Upstreams } from "./types.ts";
import { Upstream } from "./upstream.ts";

/**
 * Makes the upstreams of a core. Nothing is started before `apply`, but servers that an earlier core of the same data
 * directory left running, since it was killed together with its guardian, are ended now.
 * @param options what they need from outside
 */
export function createUpstreams(options: UpstreamOptions): Upstreams {
  const processes: ChildProcesses = childProcesses(options.dataDirectory);
  const changes = new Listeners<[UpstreamChange]>();
  const logLines = new Listeners<[name: string, line: string]>();
  let upstreams = new Map<string, Upstream>();
  /** Removed ones that have not ended yet. */
  const leaving = new Set<Promise<void>>();
  let stopped: Promise<void> | undefined;

  const create = (server: ServerConfig): Upstream => {
    const { name } = server;
    const isCurrent = () => upstreams.get(name) === upstream; // not one that was removed and is on its way out
    const upstream: Upstream = new Upstream(
      ...[server, options, processes] as const,
      (kind) => isCurrent() && changes.tell({ name, kind }),
      (line) => isCurrent() && logLines.tell(name, line),
    );
    return upstream;
  };
  const find = (name: string): Upstream => {
    const upstream = upstreams.get(name);
    if (upstream !== undefined) return upstream;
    const names = [...upstreams.keys()].join(", ") || "none";
    throw new UpstreamNotReadyError(`There is no server "${name}". Configured: ${names}.`, null);
  };
  const leave = (upstream: Upstream) => {
    const end: Promise<void> = upstream.stop().finally(() => leaving.delete(end));
    leaving.add(end);
  };
  const stopAll = async () => {
    await Promise.all([...leaving, ...[...upstreams.values()].map((upstream) => upstream.stop())]);
    await processes.close();
  };

  return {
    apply(servers: readonly ServerConfig[]) {
      if (stopped !== undefined) return;
      const before = upstreams;
      upstreams = new Map(
        servers.map((server) => [server.name, before.get(server.name) ?? create(server)]),
      );
      for (const [name, upstream] of before) {
        if (upstreams.has(name)) continue;
        leave(upstream);
        changes.tell({ name, kind: "removed" });
      }
      for (const server of servers) {
        if (!before.has(server.name)) changes.tell({ name: server.name, kind: "added" });
        upstreams.get(server.name)?.configure(server);
      }
    },
    list: () => [...upstreams.values()].map((upstream) => upstream.status()),
    get: (name) => upstreams.get(name)?.status(),
    tools: (name) => upstreams.get(name)?.tools() ?? [],
    callTool: async (name, tool, args, callOptions = {}) =>
      await find(name).callTool(tool, args, callOptions),
    restart: async (name) => await find(name).restart(),
    logs: (name, limit) => upstreams.get(name)?.logs(limit) ?? [],
    onLog: (listener) => logLines.add(listener),
    onChange: (listener) => changes.add(listener),
    stop: () => stopped ??= stopAll(),
  };
}

/** Who wants to hear of something. */
class Listeners<Args extends unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  /** @returns what takes the listener away again */
  add(listener: (...args: Args) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(...args: Args): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(...args);
      } catch (error) {
        // A fault of a listener is not one of the upstream, whose state machine is in the middle of a step.
        logger("upstream").error("a listener failed: {error}", { error: messageOf(error) });
      }
    }
  }
}
