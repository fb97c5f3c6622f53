/** Contracts of the routes that find and call tools. */
import { createRoute, z } from "@hono/zod-openapi";
import { enveloped, withEvents } from "./envelope.ts";
import { ServerTool } from "./servers.ts";

/** What a tool answered; passed on as it is, so there may be more in it. */
export const CallResult = z.looseObject({
  content: z.array(z.looseObject({ type: z.string() })),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional().openapi({ description: "True if the call failed." }),
}).openapi("CallResult");

/** The data of `GET /api/v1/tools`. */
export const ToolList = z.object({ tools: z.array(ServerTool), count: z.int() }).openapi(
  "ToolList",
);

/** The data of `GET /api/v1/index/search`. */
export const ToolSearchResult = z.object({
  query: z.string(),
  results: z.array(z.object({ tool: ServerTool, score: z.number() })),
  total: z.int(),
  took: z.string().openapi({ example: "3ms" }),
}).openapi("ToolSearchResult");

/** How far a call is; as MCP has it. */
export const CallProgress = z.looseObject({
  progress: z.number(),
  total: z.number().optional(),
  message: z.string().optional(),
}).openapi("CallProgress");

/** All tools. */
export const listTools = createRoute({
  method: "get",
  path: "/api/v1/tools",
  summary: "The tools of all servers that are connected",
  responses: enveloped("The tools.", ToolList),
});

/** Search over all tools. */
export const searchTools = createRoute({
  method: "get",
  path: "/api/v1/index/search",
  summary: "Finds tools by words of their names, descriptions and parameters",
  request: {
    query: z.object({
      q: z.string().trim().min(1).openapi({ description: "Words for what is to be done." }),
      limit: z.coerce.number<string>().int().min(1).max(100).optional().openapi({
        description: "The most tools to give; 10 if not given.",
      }),
    }),
  },
  responses: enveloped("The tools, the best first.", ToolSearchResult),
});

/** A call. */
export const callTool = createRoute({
  method: "post",
  path: "/api/v1/tools/call",
  summary: "Calls a tool; cancelled when the client goes away",
  description:
    "With `Accept: text/event-stream` the answer is events: `progress` as the tool reports it, then one `result`.",
  request: {
    body: {
      content: {
        "application/json": {
          schema: z.object({
            tool_name: z.string().min(1).openapi({ example: "everything:echo" }),
            arguments: z.record(z.string(), z.unknown()).optional(),
          }).openapi("ToolCall"),
        },
      },
      required: true,
    },
  },
  responses: withEvents(
    enveloped("What the tool answered, which may be that it failed.", CallResult),
  ),
});
