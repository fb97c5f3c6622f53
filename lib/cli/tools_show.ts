/** `mcpproxy tools show`: what a tool does, and which arguments it takes. */
import type { ServerTool } from "../client/api.ts";
import { ExitCode } from "../errors.ts";
import { shellWord } from "../shell_word.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { exampleArguments, schemaLines } from "./schema_text.ts";
import { printable, printableLines } from "./text.ts";
import { findTool } from "./tools_find.ts";

/**
 * Shows one tool.
 * @param context of the command
 * @param id `server:tool`
 * @returns exit code 0
 * @throws {UserError} if no core runs, it cannot be reached, or there is no such tool
 */
export async function showTool({ inputs, format }: Context, id: string): Promise<ExitCode> {
  const tool = await askCore(inputs, (client) => findTool(client, id));
  await present(format, tool, () => text(tool, id));
  return ExitCode.ok;
}

function text({ description, schema, annotations }: ServerTool, id: string): string {
  const title = annotations?.title ? `  ${annotations.title}` : "";
  const lines = schemaLines(schema);
  const traits = traitsOf(annotations);
  return [
    printable(`${id}${title}`),
    ...description === "" ? [] : ["", printableLines(description.trim())],
    "",
    ...lines.length > 0 ? ["Arguments:", ...lines] : ["It takes no arguments."],
    ...traits.length > 0 ? ["", `By its own account it ${traits.join(", ")}.`] : [],
    "",
    "Call it:",
    `  ${printable(["mcpproxy tools call", shellWord(id), ...exampleArguments(schema)].join(" "))}`,
  ].join("\n");
}

/** What a server says of its tool; nobody vouches for it. */
function traitsOf(annotations: ServerTool["annotations"] = {}): string[] {
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations;
  const traits: [boolean, string][] = [
    [readOnlyHint === true, "only reads"],
    [readOnlyHint === false, "changes something"],
    [destructiveHint === true && readOnlyHint !== true, "may destroy something"],
    [destructiveHint === false && readOnlyHint !== true, "destroys nothing"],
    [idempotentHint === true, "does no more if it is called twice"],
    [openWorldHint === true, "reaches out to other systems"],
    [openWorldHint === false, "stays on its own data"],
  ];
  return traits.filter(([holds]) => holds).map(([, words]) => words);
}
