/** HTTP answers that carry a JSON-RPC error. */

/**
 * Makes an answer to a request that goes no further.
 * @param status HTTP status
 * @param code of JSON-RPC 2.0 or MCP
 * @param message what is wrong and, where it helps, what to do
 * @param body the request's body, if it was read: its id is repeated (JSON-RPC 2.0, section 5)
 * @param headers more headers
 */
export function errorResponse(
  status: number,
  code: number,
  message: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: idOf(body) }, {
    status,
    headers,
  });
}

function idOf(body: unknown): string | number | null {
  if (typeof body !== "object" || body === null) return null;
  const { id, method } = body as { id?: unknown; method?: unknown };
  if (typeof method !== "string") return null;
  return typeof id === "string" || typeof id === "number" ? id : null;
}
