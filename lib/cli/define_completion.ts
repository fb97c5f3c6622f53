/** The commands by which a shell completes what is typed. */
import { Argument, type CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";

/**
 * Adds `completion`, and `complete`, which the scripts call.
 * @param program to which they are added
 * @param invoke runs the one that was asked for
 */
export function defineCompletion(program: CommandUnknownOpts, invoke: Invoke): void {
  program.command("completion")
    .description("print the script by which a shell completes commands and names")
    .addArgument(
      new Argument("<shell>", "your shell").choices(["bash", "zsh", "fish", "powershell"]),
    )
    .addHelpText(
      "after",
      `
To switch it on:
  bash        source <(mcpproxy completion bash)          in ~/.bashrc
  zsh         source <(mcpproxy completion zsh)           in ~/.zshrc, after compinit
  fish        mcpproxy completion fish | source           in ~/.config/fish/config.fish
  powershell  mcpproxy completion powershell | Out-String | Invoke-Expression
                                                          in $PROFILE`,
    )
    .action((shell) =>
      invoke(async () => {
        const { printCompletionScript } = await import("./completion.ts");
        return printCompletionScript(shell);
      })
    );

  program.command("complete", { hidden: true })
    .argument("[words...]", "what stands after mcpproxy, up to and with the word at the cursor")
    .option("--cursor <word>", "the word at the cursor with = before it, apart from the others")
    .action((words, { cursor }) =>
      invoke(async () => {
        const { complete } = await import("./completion.ts");
        return await complete(program, cursor ? [...words, cursor.slice(1)] : words);
      })
    );
}
