/** The names under which `/mcp/all` offers the tools of all servers. */
import { createHash } from "node:crypto";

/** What MCP allows in a tool name (SEP-986), in the length that clients accept. */
const legalName = /^[A-Za-z0-9_.-]{1,64}$/;
const lengthLimit = 64;
const digestLength = 12;

/**
 * The one name of a tool among all servers; the same pair has the same name at all times, whatever else there is.
 *
 * It is `server__tool` where that is a legal name and the first `__` in it is the one in the middle, so that no other
 * pair could have it. All other pairs get a name without any `__`: what is legal of both names, and a digest of both.
 * @param server any server name
 * @param tool any tool name
 * @returns a name of 1 to 64 of the characters `A-Z a-z 0-9 _ . -`
 */
export function exposedName(server: string, tool: string): string {
  const plain = `${server}__${tool}`;
  const divides = server !== "" && !server.includes("__") && !server.endsWith("_");
  if (divides && tool !== "" && legalName.test(plain)) return plain;
  const digest = createHash("sha256").update(JSON.stringify([server, tool])).digest("hex")
    .slice(0, digestLength);
  const readable = `${legalPart(server)}_${legalPart(tool)}`.replace(/_{2,}/g, "_")
    .slice(0, lengthLimit - digestLength - 1).replace(/^_|_$/g, "");
  return readable === "" ? digest : `${readable}_${digest}`;
}

function legalPart(name: string): string {
  return name.slice(0, lengthLimit).replace(/[^A-Za-z0-9.-]+/g, "_");
}
