/** How servers are shown in a table. */
import type { Server } from "../client/api.ts";
import type { Column } from "./table.ts";

const colours = { healthy: "green", degraded: "yellow", unhealthy: "red" } as const;

/** Name, state and tools of servers. */
export const serverColumns: readonly Column<Server>[] = [
  { title: "NAME", text: ({ name }) => name, whole: true },
  {
    title: "STATE",
    text: ({ status }) => status,
    colour: ({ health }) => health.admin_state === "enabled" ? colours[health.level] : "grey",
  },
  { title: "TOOLS", text: ({ tool_count }) => String(tool_count) },
  { title: "HEALTH", text: healthText },
];

/** The summary of an error is its first line, which need not be said twice. */
function healthText({ health: { summary, detail } }: Server): string {
  if (detail === "") return summary;
  return detail.startsWith(summary.replace(/…$/, "")) ? detail : `${summary}: ${detail}`;
}
