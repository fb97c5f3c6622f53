/** The tools of one server: listed within bounds, checked before anybody relies on them, filtered by the config. */
import { isObject } from "../json_object.ts";
import type { Client, Tool } from "@modelcontextprotocol/client";
import type { ServerConfig } from "../config/schema.ts";
import { anyResult } from "./sdk.ts";

const maximumPages = 100;
const maximumTools = 10_000;
/** Characters of JSON, of all tools and of one. */
const maximumSize = 16 * 1024 * 1024;
const maximumToolSize = 512 * 1024;
const maximumNameLength = 256;

/**
 * Lists a server's tools, page by page.
 * @param remark is told what was left out and why
 * @param options for each request
 * @returns the usable ones, in the server's order; at most 10,000 from 100 pages and 16 MB
 * @throws what the SDK throws if a request fails
 */
export async function listTools(
  client: Client,
  remark: (text: string) => void,
  options: { signal: AbortSignal; timeout: number },
): Promise<Tool[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const tools = new Map<string, Tool>();
  let cursor: string | undefined;
  let size = 0;
  for (let pages = 1;; pages++) {
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: "tools/list", params }, anyResult, options);
    for (const candidate of Array.isArray(page.tools) ? page.tools : []) {
      const length = JSON.stringify(candidate)?.length ?? 0;
      size += length;
      if (tools.size >= maximumTools || size > maximumSize) {
        remark(`it offers more tools than are looked at; only the first ${tools.size} are used`);
        return [...tools.values()];
      }
      const tool = checkTool(candidate, length);
      if (typeof tool === "string") remark(`a tool is left out: ${tool}`);
      else if (!tools.has(tool.name)) tools.set(tool.name, tool);
    }
    const next = page.nextCursor;
    if (typeof next !== "string" || next === cursor) break;
    if (pages === maximumPages) {
      remark(`its list of tools does not end; only the first ${pages} pages are used`);
      break;
    }
    cursor = next;
  }
  return [...tools.values()];
}

/**
 * Whether the config lets a tool of this server be seen and called.
 * @param server its `enabled_tools`, if given, names the only ones; its `disabled_tools` takes some away
 */
export function isToolAllowed(server: ServerConfig, tool: string): boolean {
  return (server.enabled_tools?.includes(tool) ?? true) &&
    !(server.disabled_tools?.includes(tool) ?? false);
}

/** The tool with what is malformed in it mended or dropped, or what is wrong with it beyond mending. */
function checkTool(candidate: unknown, length: number): Tool | string {
  if (!isObject(candidate)) return "it is not an object";
  const { name, inputSchema } = candidate;
  if (typeof name !== "string" || name === "") return "it has no name";
  if (name.length > maximumNameLength) return `its name has ${name.length} characters`;
  if (/\p{Cc}/u.test(name)) return "its name has control characters";
  if (length > maximumToolSize) return `${name} has a definition of ${length} characters`;
  // Some servers leave out the schema, or its type, for a tool without arguments.
  if (!isObject(inputSchema ?? {})) return `${name} has an input schema that is not an object`;
  const tool: Record<string, unknown> = {
    ...candidate,
    inputSchema: { type: "object", ...(inputSchema ?? {}) },
  };
  for (const text of ["description", "title"]) {
    if (typeof tool[text] !== "string") delete tool[text];
  }
  for (const part of ["outputSchema", "annotations", "execution", "_meta"]) {
    if (!isObject(tool[part])) delete tool[part];
  }
  if (!Array.isArray(tool.icons)) delete tool.icons;
  return tool as Tool;
}
