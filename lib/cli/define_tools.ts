/** The commands that find and call tools, and the one that follows what happens. */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Invoke } from "../command_line.ts";
import type { ServerSentEvent } from "../http/events/types.ts";
import { contextOf } from "./context.ts";
import { collectedOf, wholeNumber } from "./options.ts";

const eventTypes: readonly ServerSentEvent["type"][] = [
  ...["status", "servers.changed", "config.reloaded", "ping"] as const,
];

/**
 * Adds `tools` and its commands, and `events`.
 * @param program to which they are added
 * @param invoke runs the one that was asked for
 */
export function defineTools(program: CommandUnknownOpts, invoke: Invoke): void {
  const tools = program.command("tools")
    .description("the tools of all servers: list, find, show, call");

  tools.command("list")
    .description("all tools of the servers that are connected")
    .option("--server <server>", "those of one server only")
    .action(({ server }, command) =>
      invoke(async () => {
        const { listTools } = await import("./tools_list.ts");
        return await listTools(contextOf(command.optsWithGlobals()), server);
      })
    );

  tools.command("search")
    .description("find tools by what they do, the best first")
    .argument("<words...>", "words for what is to be done")
    .option("--limit <number>", "the most tools to show", wholeNumber(1, 100), 10)
    .action((words, { limit }, command) =>
      invoke(async () => {
        const { searchTools } = await import("./tools_list.ts");
        return await searchTools(contextOf(command.optsWithGlobals()), words.join(" "), limit);
      })
    );

  tools.command("show")
    .description("what a tool does, and which arguments it takes")
    .argument("<tool>", "server:tool")
    .action((tool, _options, command) =>
      invoke(async () => {
        const { showTool } = await import("./tools_show.ts");
        return await showTool(contextOf(command.optsWithGlobals()), tool);
      })
    );

  tools.command("call")
    .description("call a tool and show what it answers; Ctrl+C cancels the call")
    .argument("<tool>", "server:tool")
    .argument("[arguments...]", "key=value each; values are read as the tool's schema has them")
    .option("--args <json>", "all arguments as one JSON object; - reads it from standard input")
    .option("--args-file <file>", "all arguments as a file that holds one JSON object")
    .addHelpText(
      "after",
      `
The exit code is 1 if the tool says that it failed.

Examples:
  mcpproxy tools call everything:echo message=hello
  mcpproxy tools call filesystem:read_text_file path=/tmp/notes.txt head=10
  echo '{"message":"hello"}' | mcpproxy tools call everything:echo --args -`,
    )
    .action((tool, pairs, options, command) =>
      invoke(async () => {
        const { callTool } = await import("./tools_call.ts");
        return await callTool(contextOf(command.optsWithGlobals()), tool, { pairs, ...options });
      })
    );

  program.command("events")
    .description("follow what happens in the core, until Ctrl+C")
    .option(
      "--type <type>",
      `only events of this type (${eventTypes.join(", ")}); may be repeated`,
      collectedOf(eventTypes),
    )
    .action(({ type }, command) =>
      invoke(async () => {
        const { followEvents } = await import("./events.ts");
        return await followEvents(contextOf(command.optsWithGlobals()), type);
      })
    );
}
