/** The command that is an MCP server. */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";
import { contextOf, type GlobalOptions } from "./context.ts";

/**
 * Adds `stdio`.
 * @param program to which it is added
 * @param invoke runs it
 */
export function defineStdio(program: CommandUnknownOpts, invoke: Invoke): void {
  program.command("stdio")
    .description("an MCP server on standard input and output, for a client's config; needs no key")
    .option("--all", "offer every tool of every server, in place of the three that find them")
    .option("--no-start", "do not start a core where none runs")
    .action(({ all = false, start }, command) =>
      invoke(async () => {
        const { stdio } = await import("./stdio.ts");
        return await stdio(contextOf(command.optsWithGlobals() as GlobalOptions).inputs, {
          all,
          start,
        });
      })
    );
}
