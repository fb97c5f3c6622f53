/** The answer to a tool call, begun at once and ended with the result. */
import type { CallToolResult } from "@modelcontextprotocol/client";
import { messageOf } from "../errors.ts";
import type { CallOptions } from "../upstream/types.ts";
import { encodeComment, encodeEvent } from "./events/wire.ts";

/** Progress that piles up beyond so many bytes is left out: the next one tells more. */
const PROGRESS_BYTES = 64 * 1024;

const text = new TextEncoder();

/**
 * Calls, and gives the answer as it comes. Its first byte goes out at once, since Deno 2.9 reports the end of a client
 * only once there is a response; then the call is cancelled.
 * @param call makes the call
 * @param asEvents true: events `progress`, then one `result`; false: one JSON envelope, after a blank
 * @returns the body of the response
 */
export function openCallStream(
  call: (context: CallOptions & { signal: AbortSignal }) => Promise<CallToolResult>,
  asEvents: boolean,
): ReadableStream<Uint8Array> {
  const gone = new AbortController();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(asEvents ? encodeComment("calling\n") : text.encode(" "));
      const onprogress: CallOptions["onprogress"] = (data) => {
        if (!asEvents || gone.signal.aborted || (controller.desiredSize ?? 0) <= 0) return;
        controller.enqueue(encodeEvent({ type: "progress", data }));
      };
      const finish = (data: CallToolResult) => {
        if (gone.signal.aborted) return;
        const body = { success: true, data };
        controller.enqueue(
          asEvents ? encodeEvent({ type: "result", data }) : text.encode(JSON.stringify(body)),
        );
        controller.close();
      };
      call({ signal: gone.signal, onprogress }).catch(refused).then(finish);
    },
    cancel: () => gone.abort(new DOMException("The client has gone away.", "AbortError")),
  }, new ByteLengthQueuingStrategy({ highWaterMark: PROGRESS_BYTES }));
}

/** The server itself answered with a JSON-RPC error; anything else has become a result before. */
function refused(error: unknown): CallToolResult {
  const { code } = error as { code?: unknown };
  const text = `The server answered with error ${code}: ${messageOf(error)}`;
  return { content: [{ type: "text", text }], isError: true };
}
