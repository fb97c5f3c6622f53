/** `mcpproxy serve`: runs the core until it is told to stop. */
import type { Inputs } from "../config/paths.ts";
import type { Settings } from "../config/load.ts";
import { type Core, startCore } from "../core.ts";
import { ExitCode } from "../errors.ts";
import { ownProgram } from "../launch/core_program_files.ts";
import { stdioCommand } from "../launch/stdio_command.ts";
import { operatingSystem } from "../platform.ts";
import { shellWord } from "../shell_word.ts";
import { version } from "../version.ts";
import { hangupIsIgnored } from "./hangup_unix.ts";
import { complain, say } from "../terminal.ts";

/** Longer than the core needs to stop; if it has not by then, something hangs, and the guardian ends the children. */
const stopMs = 4_800;

/**
 * Runs a core.
 * @param inputs flags, environment and platform
 * @returns exit code 0 after it was told to stop
 * @throws {UserError} if it cannot start, with the exit code that says why
 */
export async function serve(inputs: Inputs): Promise<ExitCode> {
  const stop = stopSignal();
  const core = await startCore(inputs, version);
  announce(core, inputs);
  await Promise.race([stop.first, core.stopRequested]);
  say("Stopping… (once more to stop at once)");
  const timer = setTimeout(() => {
    complain("mcpproxy: not everything stopped in time; ending it now");
    Deno.exit(ExitCode.general);
  }, stopMs);
  void stop.second.then(() => Deno.exit(ExitCode.general));
  await core.stop();
  clearTimeout(timer);
  return ExitCode.ok;
}

/** The first and the second time that somebody asks us to stop; a terminal that is closed asks too. */
function stopSignal(): { first: Promise<void>; second: Promise<void> } {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let asked = false;
  const ask = () => {
    if (asked) second.resolve();
    asked = true;
    first.resolve();
  };
  // A listener takes the place of what nohup(1) has set, so that is looked at before.
  const ignoresHangup = operatingSystem !== "windows" && hangupIsIgnored();
  const signals: Deno.Signal[] = operatingSystem === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, ask);
  if (operatingSystem !== "windows") {
    Deno.addSignalListener("SIGHUP", ignoresHangup ? () => {} : ask);
  }
  return { first: first.promise, second: second.promise };
}

/** What a person needs to know next; the log has the rest. */
function announce({ facts, settings, channelError }: Core, inputs: Inputs): void {
  const file = settings.paths.configFile;
  const url = `http://${facts.listen_addr}`;
  const lines = [
    `mcpproxy ${facts.version} is running (pid ${facts.pid}).`,
    "",
    facts.socket
      ? `  Private channel  ${facts.socket}  (you alone, no key)`
      : `  Private channel  off${channelError ? `: ${channelError}` : " (enable_socket is false)"}`,
    `  TCP              ${url}  (needs the api_key of the config file)`,
    `  Config           ${file}`,
    "",
  ];
  if (settings.config.mcpServers.length === 0) lines.push(...firstServer(settings.paths));
  lines.push(...clientConfig(url, facts.socket === null ? null : inputs));
  say(lines.join("\n"));
}

function firstServer(paths: Settings["paths"]): string[] {
  const server = ["npx", "-y", "@modelcontextprotocol/server-everything"];
  const where = paths.isDefaultDataDirectory ? [] : ["--data-dir", shellWord(paths.dataDirectory)];
  const entry = { name: "everything", command: server[0], args: server.slice(1) };
  return [
    "No server yet. Add the first one:",
    `  ${["mcpproxy", ...where, "upstream add everything --", ...server].join(" ")}`,
    'or write it into "mcpServers" of the config file, which is watched:',
    `  ${JSON.stringify(entry)}`,
    "",
  ];
}

/** @param inputs what leads to this core; null if it has no private channel */
function clientConfig(url: string, inputs: Inputs | null): string[] {
  const config = (server: unknown) => `  ${JSON.stringify({ mcpServers: { mcpproxy: server } })}`;
  const headers = { "X-API-Key": "<api_key>" };
  return [
    ...inputs
      ? [
        "Point an MCP client at it, over the private channel (with --all at the end, it lists every tool):",
        config(stdioCommand(ownProgram(), inputs)),
        "or by streamable HTTP (/mcp finds tools by search, /mcp/all lists them all):",
      ]
      : [
        "Point an MCP client at it (streamable HTTP; /mcp finds tools by search, /mcp/all lists them all):",
      ],
    config({ type: "http", url: `${url}/mcp`, headers }),
    "",
  ];
}
