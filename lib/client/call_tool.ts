/** Calls a tool, with its progress. */
import type { z } from "@hono/zod-openapi";
import type { CallProgress, CallResult } from "../http/contracts/tools.ts";
import { UserError } from "../errors.ts";
import { readMessages } from "./event_stream.ts";
import { type ApiTransport, credentials, refusal, unreachable } from "./request.ts";

/** What goes with a call. */
export interface CallToolOptions {
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Told what the tool reports of its progress. */
  onProgress?: (progress: z.infer<typeof CallProgress>) => void;
}

/**
 * Calls a tool. The core cancels the call when this process ends or `signal` is aborted.
 * @param transport how requests reach the core
 * @param id `server:tool`
 * @param args the tool's arguments
 * @param options signal and progress
 * @returns what the tool answered
 * @throws {UserError} if the core refuses, cannot be reached, or ends while the call is under way
 */
export async function callToolStreaming(
  transport: ApiTransport,
  id: string,
  args: Record<string, unknown>,
  { signal = new AbortController().signal, onProgress }: CallToolOptions = {},
): Promise<z.infer<typeof CallResult>> {
  try {
    const response = await transport.fetch(new URL("/api/v1/tools/call", transport.baseUrl), {
      method: "POST",
      headers: {
        ...credentials(transport),
        "Accept": "text/event-stream",
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ tool_name: id, arguments: args }),
      signal,
    });
    const { status, body } = response;
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (status !== 200 || !isStream || body === null) {
      throw refusal(status, await response.json().catch(() => undefined), transport.baseUrl);
    }
    for await (const { event, data } of readMessages(body, signal, () => {})) {
      if (event === "progress") onProgress?.(JSON.parse(data));
      if (event === "result") return JSON.parse(data);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(error, transport.baseUrl);
  }
  throw new UserError(`the core ended before "${id}" had answered`, {
    next: "The call may have been carried out: look before you repeat it.",
  });
}
