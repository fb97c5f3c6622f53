/** The commands about upstream servers. */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";
import { contextOf } from "./context.ts";

/**
 * Adds `upstream` and its commands.
 * @param program to which they are added
 * @param invoke runs the one that was asked for
 */
export function defineUpstream(program: CommandUnknownOpts, invoke: Invoke): void {
  const upstream = program.command("upstream")
    .description("enable, disable or restart a server of the running core");
  for (const action of ["enable", "disable", "restart"] as const) {
    upstream.command(action)
      .description(`${action} a server`)
      .argument("<name>", "the server, as the config calls it")
      .action((name, _options, command) =>
        invoke(async () => {
          const { changeUpstream } = await import("./upstream.ts");
          return await changeUpstream(contextOf(command.optsWithGlobals()), action, name);
        })
      );
  }
}
