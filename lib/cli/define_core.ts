/** The commands about the core itself. */
import { type CommandUnknownOpts, InvalidArgumentError } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";
import { similarNames } from "../similar.ts";
import { contextOf } from "./context.ts";

/**
 * Adds `serve`, `status`, `stop`, `version` and `update`.
 * @param program to which they are added
 * @param invoke runs the one that was asked for
 */
export function defineCore(program: CommandUnknownOpts, invoke: Invoke): void {
  program.command("serve", { isDefault: true })
    .description("run the core until it is told to stop (the default)")
    .option("-l, --listen <address>", "TCP listener, host:port (default: 127.0.0.1:8080)")
    .option("--enable-socket [boolean]", "private channel on or off (default: on)", parseBoolean)
    .allowExcessArguments()
    .action((options, command) =>
      invoke(async () => {
        // As the default command it gets every word that is no command.
        const [unknown] = command.args;
        if (unknown !== undefined) program.error(unknownCommand(program, unknown));
        const { serve } = await import("./serve.ts");
        const { listen, enableSocket } = options;
        return await serve(contextOf(command.optsWithGlobals(), { listen, enableSocket }).inputs);
      })
    );

  program.command("status")
    .description("what the running core does; asked over the private channel")
    .action((_options, command) =>
      invoke(async () => {
        const { status } = await import("./status.ts");
        return await status(contextOf(command.optsWithGlobals()));
      })
    );

  program.command("stop")
    .description("end the running core, and wait until it has ended")
    .action((_options, command) =>
      invoke(async () => {
        const { stop } = await import("./stop.ts");
        return await stop(contextOf(command.optsWithGlobals()));
      })
    );

  program.command("version")
    .description("show the version")
    .action((_options, command) =>
      invoke(async () => {
        const { showVersion } = await import("./version.ts");
        return await showVersion(contextOf(command.optsWithGlobals()));
      })
    );

  program.command("update")
    .description("ask whether there is a newer version; nothing is downloaded or changed")
    .requiredOption("--check", "only ask")
    .action((_options, command) =>
      invoke(async () => {
        const { checkForUpdate } = await import("./update.ts");
        return await checkForUpdate(contextOf(command.optsWithGlobals()));
      })
    );
}

function unknownCommand(program: CommandUnknownOpts, word: string): string {
  const [near] = similarNames(word, program.commands.map((command) => command.name()), 1);
  return `error: unknown command '${word}'${near ? `\n(Did you mean ${near}?)` : ""}`;
}

function parseBoolean(value: string): boolean {
  if (["true", "1", "yes", "on"].includes(value)) return true;
  if (["false", "0", "no", "off"].includes(value)) return false;
  throw new InvalidArgumentError("Give true or false.");
}
