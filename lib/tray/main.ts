/** The tray's command line: what it understands, and how it says what went wrong. */
import { Command } from "@commander-js/extra-typings";
import { say } from "../terminal.ts";
import type { Flags, Inputs } from "../config/paths.ts";
import { type Invoke, quietErrors, runCommandLine } from "../command_line.ts";
import { ExitCode } from "../errors.ts";
import { operatingSystem } from "../platform.ts";
import { version } from "../version.ts";
import { openAutostart } from "../autostart/autostart.ts";
import { ownFacts, trayCommand } from "./autostart_command.ts";
import { placeOptions } from "../launch/core_launch.ts";

/** What the command line may say. */
interface Options extends Pick<Flags, "config" | "dataDir" | "trayEndpoint"> {
  headless?: boolean | undefined;
}

/**
 * Runs one command line.
 * @param args what follows the program's name
 * @returns the exit code, once the command has ended
 */
export async function run(args: string[]): Promise<ExitCode> {
  return await runCommandLine(commandLine, args, "Its log, tray.log, may tell more.");
}

/** The commands and their options; `invoke` runs the one that was asked for. */
function commandLine(invoke: Invoke) {
  const program = new Command("mcpproxy-tray")
    .description("One icon that runs, watches and mends the mcpproxy core.")
    .option("--headless", "no icon; run, watch and mend the core all the same")
    .option("-c, --config <file>", "config file (default: mcp_config.json in the data directory)")
    .option("-d, --data-dir <folder>", "data directory (default: ~/.mcpproxy)")
    .option("--tray-endpoint <endpoint>", "private channel: unix:///PATH or npipe:////./pipe/NAME")
    .version(version, "-v, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .configureOutput(quietErrors)
    .allowExcessArguments()
    .exitOverride()
    .action((options, command) =>
      invoke(async () => {
        // As there are commands, it would otherwise take a misspelt one for none.
        const [unknown] = command.args;
        if (unknown !== undefined) program.error(`error: unknown command '${unknown}'`);
        const inputs = inputsOf(options);
        const { runTray } = await import("./run.ts");
        return await runTray({
          inputs,
          headless: options.headless ?? false,
          trayCommand: commandOf(options, inputs),
        });
      })
    );

  const autostart = program.command("autostart").description("start the tray at login");
  autostart.command("enable")
    .description("start it at login, with the options given here")
    .action((_, command) =>
      invoke(async () => {
        const options: Options = command.optsWithGlobals();
        const started = commandOf(options, inputsOf(options));
        const autostart = openAutostart(Deno.env.toObject());
        await autostart.enable(started);
        say(`The tray starts at login from now on: ${started.join(" ")}`);
        say(`Noted in ${autostart.location}`);
        return ExitCode.ok;
      })
    );
  autostart.command("disable")
    .description("do not start it at login")
    .action(() =>
      invoke(async () => {
        await openAutostart(Deno.env.toObject()).disable();
        say("The tray does not start at login.");
        return ExitCode.ok;
      })
    );
  autostart.command("status")
    .description("say whether it starts at login")
    .action(() =>
      invoke(async () => {
        const autostart = openAutostart(Deno.env.toObject());
        const starts = await autostart.isEnabled();
        say(`The tray ${starts ? "starts" : "does not start"} at login.`);
        say(`Noted in ${autostart.location}`);
        return ExitCode.ok;
      })
    );
  return program;
}

function inputsOf({ config, dataDir, trayEndpoint }: Options): Inputs {
  return {
    flags: { config, dataDir, trayEndpoint },
    environment: Deno.env.toObject(),
    platform: operatingSystem,
    workingDirectory: Deno.cwd(),
  };
}

/** The command that starts a tray for the same core; at login neither folder nor variables are what they are now. */
function commandOf({ headless }: Options, inputs: Inputs): string[] {
  return trayCommand(ownFacts(), [...headless ? ["--headless"] : [], ...placeOptions(inputs)]);
}
