/** The commands about AI clients. */
import { Argument, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { clients } from "../clients/catalogue.ts";
import type { Invoke } from "../command_line.ts";
import { contextOf, type GlobalOptions } from "./context.ts";

/**
 * Adds `connect`, `disconnect` and `import`.
 * @param program to which they are added
 * @param invoke runs the one that was asked for
 */
export function defineClients(program: CommandUnknownOpts, invoke: Invoke): void {
  program.command("connect")
    .description("make an AI client use mcpproxy: writes an entry into its settings")
    .addArgument(clientArgument("[client]", "whose settings; without it, the list"))
    .option("--list", "tell which clients are installed and connected")
    .option("-n, --dry-run", "show what would change, and change nothing")
    .option("--force", "replace another server of that name; write for a client that is not found")
    .addHelpText(
      "after",
      `
The client is made to start "mcpproxy stdio". Everything else in its settings stays as it is; they
are kept as they were in a file beside them, named .mcpproxy-backup.

Clients: ${clients.map(({ id }) => id).join(", ")}

Examples:
  mcpproxy connect cursor --dry-run
  mcpproxy connect claude-desktop
  mcpproxy --data-dir ~/other/mcp connect vscode`,
    )
    .action((client, { list, dryRun = false, force = false }, command) =>
      invoke(async () => {
        const { connectClient, listClients } = await import("./connect.ts");
        const context = contextOf(command.optsWithGlobals() as GlobalOptions);
        return client === undefined || list
          ? await listClients(context)
          : await connectClient(context, client, { dryRun, force });
      })
    );

  program.command("disconnect")
    .description("undo connect: removes the entry from the client's settings")
    .addArgument(clientArgument("<client>", "whose settings"))
    .option("-n, --dry-run", "show what would change, and change nothing")
    .action((client, { dryRun = false }, command) =>
      invoke(async () => {
        const { disconnectClient } = await import("./connect.ts");
        const context = contextOf(command.optsWithGlobals() as GlobalOptions);
        return await disconnectClient(context, client, { dryRun });
      })
    );

  program.command("import")
    .description("take over the servers that are configured in AI clients")
    .addArgument(
      clientArgument("[client]", "whose servers; without it or --all, what there is to take over"),
    )
    .option("--all", "take over the servers of every client")
    .option("-n, --dry-run", "show what would be added, and add nothing")
    .addHelpText(
      "after",
      `
A server that is here already is left alone; one whose name another has here is called name-client.
What only the client can fill in, such as \${input:key} of VS Code, is told and left behind. The
settings of the client are not changed.

Examples:
  mcpproxy import
  mcpproxy import claude-desktop
  mcpproxy import --all`,
    )
    .action((client, { all = false, dryRun = false }, command) =>
      invoke(async () => {
        const { importServers } = await import("./import.ts");
        const context = contextOf(command.optsWithGlobals() as GlobalOptions);
        return await importServers(context, client, { all, dryRun });
      })
    );
}

/** Shown in the help and offered to shells; a word that is none of them the commands explain themselves. */
function clientArgument<const Name extends string>(
  name: Name,
  description: string,
): Argument<Name> {
  const argument = new Argument(name, description);
  argument.argChoices = clients.map(({ id }) => id);
  return argument;
}
