/** The command that finds out what is wrong. */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";
import { contextOf } from "./context.ts";

/**
 * Adds `doctor`.
 * @param program to which it is added
 * @param invoke runs it if it was asked for
 */
export function defineDoctor(program: CommandUnknownOpts, invoke: Invoke): void {
  program.command("doctor")
    .description("check every layer of security and everything that commonly breaks")
    .option("--fix", "mend what can be mended safely, and say what was done")
    .action((_options, command) =>
      invoke(async () => {
        const { doctor } = await import("./doctor.ts");
        const { fix, ...globals } = command.optsWithGlobals();
        return await doctor(contextOf(globals), fix ?? false);
      })
    );
}
