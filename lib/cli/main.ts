/** The command line: what it understands, and how it says what went wrong. Each command loads what it needs itself. */
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import type { Flags, Inputs } from "../config/paths.ts";
import { type Invoke, runCommandLine } from "../command_line.ts";
import { ExitCode } from "../errors.ts";
import { operatingSystem } from "../platform.ts";
import { version } from "../version.ts";
import { say } from "../terminal.ts";

/**
 * Runs one command line.
 * @param args what follows the program's name
 * @returns the exit code, once the command has ended
 */
export async function run(args: string[]): Promise<ExitCode> {
  return await runCommandLine(commandLine, args, "Set --log-level debug to see more.");
}

/** The commands and their options; `invoke` runs the one that was asked for. */
function commandLine(invoke: Invoke) {
  const program = new Command("mcpproxy")
    .description("One private MCP proxy for all your MCP servers and all your AI clients.")
    .option("-c, --config <file>", "config file (default: mcp_config.json in the data directory)")
    .option("-d, --data-dir <folder>", "data directory (default: ~/.mcpproxy)")
    .option("--tray-endpoint <endpoint>", "private channel: unix:///PATH or npipe:////./pipe/NAME")
    .option("--log-level <level>", "trace, debug, info, warn or error")
    .option("--log-to-file", "write the log to a file too")
    .version(version, "-v, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .showHelpAfterError("(mcpproxy --help shows what there is)")
    .exitOverride();

  program.command("serve", { isDefault: true })
    .description("run the core until it is told to stop (the default)")
    .option("-l, --listen <address>", "TCP listener, host:port (default: 127.0.0.1:8080)")
    .option(
      "--enable-socket [boolean]",
      "private channel on or off (default: on)",
      parseBoolean,
    )
    .allowExcessArguments()
    .action((options, command) =>
      invoke(async () => {
        // As the default command it gets every word that is no command.
        const [unknown] = command.args;
        if (unknown !== undefined) program.error(`error: unknown command '${unknown}'`);
        const { serve } = await import("./serve.ts");
        return await serve(inputs(command.optsWithGlobals(), {
          listen: options.listen,
          enableSocket: options.enableSocket,
        }));
      })
    );

  program.command("status")
    .description("what the running core does; asked over the private channel")
    .option("--json", "as JSON")
    .action((options, command) =>
      invoke(async () => {
        const { status } = await import("./status.ts");
        return await status(inputs(command.optsWithGlobals()), options.json ?? false);
      })
    );

  const upstream = program.command("upstream")
    .description("enable, disable or restart a server of the running core");
  for (const action of ["enable", "disable", "restart"] as const) {
    upstream.command(action)
      .description(`${action} a server`)
      .argument("<name>", "the server, as the config calls it")
      .action((name, _options, command) =>
        invoke(async () => {
          const { changeUpstream } = await import("./upstream.ts");
          return await changeUpstream(inputs(command.optsWithGlobals()), action, name);
        })
      );
  }

  program.command("version")
    .description("show the version")
    .action(() =>
      invoke(() => {
        say(`mcpproxy ${version} (Deno ${Deno.version.deno}, ${Deno.build.target})`);
        return Promise.resolve(ExitCode.ok);
      })
    );

  return program;
}

function inputs(globals: Flags, more: Flags = {}): Inputs {
  const { config, dataDir, trayEndpoint, logLevel, logToFile } = globals;
  return {
    flags: { config, dataDir, trayEndpoint, logLevel, logToFile, ...more },
    environment: Deno.env.toObject(),
    platform: operatingSystem,
    workingDirectory: Deno.cwd(),
  };
}

function parseBoolean(value: string): boolean {
  if (["true", "1", "yes", "on"].includes(value)) return true;
  if (["false", "0", "no", "off"].includes(value)) return false;
  throw new InvalidArgumentError("Give true or false.");
}
