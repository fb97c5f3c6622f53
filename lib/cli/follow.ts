/** Follows what the core sends, and tells on standard error when it is away and when it is back. */
import type { Connectivity } from "../client/events.ts";
import { complain } from "../terminal.ts";
import { printable } from "./text.ts";

/**
 * Shows what comes, over all interruptions.
 * @param events of a client, which connects anew by itself
 * @param show shows one; false if nobody reads any more, which ends it
 * @throws {UserError} if the core could not be reached in the first place, or refuses
 */
export async function follow<Event extends { type: string }>(
  events: AsyncIterable<Event | Connectivity>,
  show: (event: Event) => Promise<boolean>,
): Promise<void> {
  let state: "new" | "connected" | "lost" = "new";
  for await (const event of events) {
    if (isDisconnected(event)) {
      if (state === "new") throw event.error;
      if (state === "connected") {
        complain(`mcpproxy: disconnected: ${printable(event.error.message)}; trying again…`);
      }
      state = "lost";
    } else if (event.type === "connected") {
      if (state === "lost") complain("mcpproxy: connected again");
      state = "connected";
    } else if (!await show(event as Event)) return;
  }
}

function isDisconnected(
  event: { type: string },
): event is Extract<Connectivity, { type: "disconnected" }> {
  return event.type === "disconnected";
}
