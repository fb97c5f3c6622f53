/** The commands and options that `mcpproxy` understands. What runs them is loaded only then. */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { type Invoke, quietErrors } from "../command_line.ts";
import { version } from "../version.ts";
import { defineClients } from "./define_clients.ts";
import { defineCompletion } from "./define_completion.ts";
import { defineConfig } from "./define_config.ts";
import { defineCore } from "./define_core.ts";
import { defineDoctor } from "./define_doctor.ts";
import { defineTools } from "./define_tools.ts";
import { defineStdio } from "./define_stdio.ts";
import { defineUpstream } from "./define_upstream.ts";
import { outputFormats } from "./output.ts";

/** What the command line may say before a command's name or after. */
const globals = {
  config: new Option(
    "-c, --config <file>",
    "config file (default: mcp_config.json in the data directory)",
  ),
  dataDir: new Option("-d, --data-dir <folder>", "data directory (default: ~/.mcpproxy)"),
  trayEndpoint: new Option(
    "--tray-endpoint <endpoint>",
    "private channel: unix:///PATH or npipe:////./pipe/NAME",
  ),
  output: new Option("-o, --output <format>", `how to answer: ${outputFormats.join(", ")}`),
  json: new Option("--json", "the same as --output json"),
  logLevel: new Option("--log-level <level>", "trace, debug, info, warn or error"),
  logToFile: new Option("--log-to-file", "write the log to a file too"),
};

/**
 * Makes the command line.
 * @param invoke runs the command that was asked for
 * @returns the program with all its commands
 */
export function createProgram(invoke: Invoke): CommandUnknownOpts {
  const program = new Command("mcpproxy")
    .description("One private MCP proxy for all your MCP servers and all your AI clients.")
    .version(version, "-v, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput(quietErrors)
    .exitOverride();
  for (const option of Object.values(globals)) program.addOption(option);
  defineCore(program, invoke);
  defineUpstream(program, invoke);
  defineDoctor(program, invoke);
  defineTools(program, invoke);
  defineConfig(program, invoke);
  defineCompletion(program, invoke);
  defineStdio(program, invoke);
  defineClients(program, invoke);
  return program;
}
