/** The commands about the config file. */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";
import { contextOf } from "./context.ts";

/**
 * Adds `config` and its commands.
 * @param program to which they are added
 * @param invoke runs the one that was asked for
 */
export function defineConfig(program: CommandUnknownOpts, invoke: Invoke): void {
  const config = program.command("config")
    .description("the config file: where it lies, whether it is right, what holds");

  config.command("path")
    .description("where the config file lies")
    .action((_options, command) =>
      invoke(async () => {
        const { showConfigPath } = await import("./config_path.ts");
        return await showConfigPath(contextOf(command.optsWithGlobals()));
      })
    );

  config.command("validate")
    .description("check a config file; needs no core")
    .argument("[file]", "the file (default: the one that mcpproxy uses)")
    .action((file, _options, command) =>
      invoke(async () => {
        const { validateConfig } = await import("./config_validate.ts");
        return await validateConfig(contextOf(command.optsWithGlobals()), file);
      })
    );

  config.command("show")
    .description("the config in force, secrets masked: of the running core, else of the file")
    .action((_options, command) =>
      invoke(async () => {
        const { showConfig } = await import("./config_show.ts");
        return await showConfig(contextOf(command.optsWithGlobals()));
      })
    );
}
