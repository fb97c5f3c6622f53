/** `mcpproxy stdio`: an MCP server on standard input and output, which is the running core's. */
import { runBridge } from "../bridge/bridge.ts";
import { createCoreLink } from "../bridge/core_link.ts";
import { localCore } from "../bridge/local_core.ts";
import { createOutput } from "../bridge/output.ts";
import type { Inputs } from "../config/paths.ts";
import { ExitCode } from "../errors.ts";
import { type LogLevelName, logLevels, setUpLog } from "../log_setup.ts";
import { operatingSystem } from "../platform.ts";
import { version } from "../version.ts";

/** What the client may choose. */
export interface StdioOptions {
  /** True: every tool of every server, in place of the three by which they are found. */
  all: boolean;
  /** False: a core that does not run is not started. */
  start: boolean;
}

/**
 * Serves one client, until it closes our standard input or a signal ends us.
 * @param inputs flags, environment and platform
 * @param options what the client has chosen
 * @returns exit code 0
 * @throws {UserError} if there is no core at the start, with the exit code that says why
 */
export async function stdio(inputs: Inputs, { all, start }: StdioOptions): Promise<ExitCode> {
  const level = logLevels.find((name) => name === inputs.flags.logLevel) ?? quietLevel;
  await setUpLog({ level, console: true, secrets: () => [] });
  const stop = new AbortController();
  const signals: Deno.Signal[] = operatingSystem === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, () => stop.abort());
  await runBridge({
    path: all ? "/mcp/all" : "/mcp",
    link: createCoreLink(localCore(inputs, `stdio/${version}`, start)),
    input: Deno.stdin.readable,
    output: createOutput(Deno.stdout, () => stop.abort()),
    stop: stop.signal,
  });
  return ExitCode.ok;
}

/** Clients show standard error to their users, or keep it as a log. */
const quietLevel: LogLevelName = "warn";
