/** The commands about upstream servers. */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";
import { contextOf } from "./context.ts";
import { collected, linesOption } from "./options.ts";

/**
 * Adds `upstream` and its commands.
 * @param program to which they are added
 * @param invoke runs the one that was asked for
 */
export function defineUpstream(program: CommandUnknownOpts, invoke: Invoke): void {
  const upstream = program.command("upstream")
    .description("the MCP servers behind the running core: see, add, remove, switch them");

  upstream.command("list")
    .description("all servers and how they are")
    .action((_options, command) =>
      invoke(async () => {
        const { listUpstreams } = await import("./upstream_list.ts");
        return await listUpstreams(contextOf(command.optsWithGlobals()));
      })
    );

  upstream.command("add")
    .description("add a server: a command to start, or a URL to connect to")
    .usage("<name> [options] [-- command args...]")
    .argument("<name>", "what the server is to be called")
    .argument("[command...]", "the command that starts it, with its arguments, after --")
    .option("--url <url>", "connect to this URL instead of starting a command")
    .addOption(
      new Option("--transport <transport>", "how the URL is spoken to (default: found out)")
        .choices(["http", "sse"]),
    )
    .option(
      "--header <header>",
      "header of each request, 'Name: value'; may be repeated",
      collected,
    )
    .option(
      "--env <variable>",
      "NAME=value, or NAME to take its value from here; may be repeated",
      collected,
    )
    .option("--working-dir <folder>", "folder in which the command is started")
    .option("--disabled", "add it, but do not start it yet")
    .addHelpText(
      "after",
      `
Values of --env and --header may refer to a variable of the core by \${env:NAME}, so that no
secret stands in the config file.

Examples:
  mcpproxy upstream add everything -- npx -y @modelcontextprotocol/server-everything
  mcpproxy upstream add docs --url https://example.com/mcp --header 'Authorization: \${env:DOCS}'`,
    )
    .action((name, words, options, command) =>
      invoke(async () => {
        const { addUpstream } = await import("./upstream_add.ts");
        return await addUpstream(contextOf(command.optsWithGlobals()), name, words, options);
      })
    );

  for (const action of ["remove", "enable", "disable", "restart"] as const) {
    upstream.command(action)
      .description(`${action} a server`)
      .argument("<server>", "the server, as the config calls it")
      .action((name, _options, command) =>
        invoke(async () => {
          const { changeUpstream } = await import("./upstream.ts");
          return await changeUpstream(contextOf(command.optsWithGlobals()), action, name);
        })
      );
  }

  upstream.command("logs")
    .description("what a server wrote to its standard error, and what happened to it")
    .argument("<server>", "the server, as the config calls it")
    .addOption(linesOption("how many lines"))
    .option("-f, --follow", "go on showing lines as they come")
    .action((name, options, command) =>
      invoke(async () => {
        const { showLogs } = await import("./upstream_logs.ts");
        return await showLogs(contextOf(command.optsWithGlobals()), name, options);
      })
    );

  upstream.command("inspect")
    .description("everything about one server; secrets are masked")
    .argument("<server>", "the server, as the config calls it")
    .action((name, _options, command) =>
      invoke(async () => {
        const { inspectUpstream } = await import("./upstream_inspect.ts");
        return await inspectUpstream(contextOf(command.optsWithGlobals()), name);
      })
    );
}
