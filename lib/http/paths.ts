/** Paths that more than one part of this layer has to know. The first of each is the one in the contract. */

/** Ask whether the process lives; open to everyone who may reach the port, as they tell a supervisor nothing else. */
export const LIVENESS_PATHS: readonly string[] = ["/healthz", "/livez", "/health"];
/** Ask whether the listeners are up; as open as the others. */
export const READINESS_PATHS: readonly string[] = ["/readyz", "/ready"];
/** The MCP endpoint. */
export const MCP_PATHS: readonly string[] = ["/mcp", "/mcp/all", "/mcp/call"];
