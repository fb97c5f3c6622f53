/** The definitions of the three tools by which a model finds and calls all others. */
import type { Tool } from "@modelcontextprotocol/client";

/** Most results that one `retrieve_tools` gives. */
export const retrieveLimit = 100;
/** Most tools that one `describe_tool` describes. */
export const describeLimit = 20;

/** How a model is to use the three; told to every client at the start. */
export const instructions =
  `This server is a proxy to many MCP servers. Their tools are not listed here; find and call them in three steps:
1. retrieve_tools: search by words for what you want to do. It answers with tools named "server:tool" and their input schemas.
2. describe_tool (only if needed): the full definition of tools you know by name, output schema included.
3. call_tool: call one, with its "server:tool" name and arguments that fit its input schema.
Search again with other words if nothing fits; what can be found changes as servers come and go.`;

/** What a model should do with the answer of `retrieve_tools`. */
export const usage =
  'Call a tool with call_tool {"name": "<server:tool>", "args": {…}}; args must fit its inputSchema.';

const onlyReads = { readOnlyHint: true, openWorldHint: false } as const;

/**
 * The definitions of `retrieve_tools`, `describe_tool` and `call_tool`.
 * @param toolsLimit how many results `retrieve_tools` gives unless asked otherwise
 */
export function discoveryTools(toolsLimit: number): Tool[] {
  return [{
    name: "retrieve_tools",
    title: "Search tools",
    description:
      "Search the tools of all connected MCP servers by what they do. Always search before saying that something " +
      "cannot be done. Answers with the best matches, each with its name for call_tool and its input schema.",
    inputSchema: {
      type: "object",
      properties: {
        query: {
          type: "string",
          description: 'Words for what you want to do, such as "create github issue".',
        },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: retrieveLimit,
          default: toolsLimit,
          description: "The most tools to give.",
        },
      },
      required: ["query"],
    },
    annotations: onlyReads,
  }, {
    name: "describe_tool",
    title: "Describe tools",
    description: "Get the full definitions of tools that you know by name.",
    inputSchema: {
      type: "object",
      properties: {
        tool_ids: {
          type: "array",
          items: { type: "string" },
          minItems: 1,
          maxItems: describeLimit,
          description: 'Names as retrieve_tools gives them: "server:tool".',
        },
        name: { type: "string", description: "A single name, instead of tool_ids." },
      },
    },
    annotations: onlyReads,
  }, {
    name: "call_tool",
    title: "Call a tool",
    description: "Call a tool that retrieve_tools found, and get its result as it is.",
    inputSchema: {
      type: "object",
      properties: {
        name: {
          type: "string",
          description: 'The tool as retrieve_tools names it: "server:tool".',
        },
        args: {
          type: "object",
          description: "The tool's arguments; they must fit its inputSchema.",
          additionalProperties: true,
        },
        args_json: {
          type: "string",
          description: "The arguments as a JSON text, instead of args; wins if both are given.",
        },
      },
      required: ["name"],
    },
  }];
}
