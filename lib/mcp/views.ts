/** Which view is offered at which path. */
import { createToolSearch } from "../tools/search.ts";
import { createCallUpstream } from "./call.ts";
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
  const { upstreams, toolsLimit, routingMode, onToolCall } = options;
  const callUpstream = createCallUpstream(upstreams, onToolCall);
  const direct = createDirectView(upstreams, callUpstream);
  const search = createToolSearch(upstreams);
  const discovery = createDiscoveryView(upstreams, search, callUpstream, toolsLimit);
  return new Map([
    ["/mcp", routingMode === "direct" ? direct : discovery],
    ["/mcp/call", discovery],
    ["/mcp/all", direct],
  ]);
}
