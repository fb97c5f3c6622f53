/** Which view is offered at which path. */
import { createDirectView } from "./direct.ts";
import { createDiscoveryView } from "./discovery.ts";
import type { McpEndpointOptions } from "./types.ts";
import type { View } from "./view.ts";

/**
 * Makes the views.
 * @param options of the endpoint
 * @returns a view for each path; one view may be at several
 */
export function createViews(options: McpEndpointOptions): Map<string, View> {
  const { upstreams, search, callUpstream, toolsLimit, routingMode } = options;
  const direct = createDirectView(upstreams, callUpstream);
  const discovery = createDiscoveryView(upstreams, search, callUpstream, toolsLimit);
  return new Map([
    ["/mcp", routingMode === "direct" ? direct : discovery],
    ["/mcp/call", discovery],
    ["/mcp/all", direct],
  ]);
}
