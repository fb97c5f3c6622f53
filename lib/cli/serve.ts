/** `mcpproxy serve`: runs the core until it is told to stop. */
import type { Inputs } from "../config/paths.ts";
import { type Core, startCore } from "../core.ts";
import { ExitCode } from "../errors.ts";
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
  announce(core);
  await stop.first;
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
function announce({ facts, settings, channelError }: Core): void {
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
  if (settings.config.mcpServers.length === 0) lines.push(...firstServer(facts.socket));
  lines.push(...clientConfig(url));
  say(lines.join("\n"));
}

function firstServer(socket: string | null): string[] {
  const server = JSON.stringify({
    name: "everything",
    command: "npx",
    args: ["-y", "@modelcontextprotocol/server-everything"],
  });
  return [
    `No server yet. Add the first one to "mcpServers" in the config file, which is watched:`,
    `  ${server}`,
    ...socket?.startsWith("unix://")
      ? [
        `or over the private channel:`,
        `  curl --unix-socket ${
          shellWord(socket.slice("unix://".length))
        } http://localhost/api/v1/servers \\`,
        `    --json '${server}'`,
      ]
      : [],
    "",
  ];
}

function clientConfig(url: string): string[] {
  return [
    "Point an MCP client at it (streamable HTTP; /mcp finds tools by search, /mcp/all lists them all):",
    `  {"mcpServers":{"mcpproxy":{"type":"http","url":"${url}/mcp","headers":{"X-API-Key":"<api_key>"}}}}`,
    "",
  ];
}
