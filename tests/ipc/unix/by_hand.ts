/** A server of the private channel that does what no core would. */
import { sessionHeader } from "../../../lib/ipc/sessions.ts";

/**
 * A server made by hand: for each request that is complete, `answer` says what to write back; null closes the connection.
 * HEAD, by which a channel asks for a session, is answered without it.
 * @returns what else has come, one text a request
 */
export function serveByHand(
  path: string,
  answer: (request: string) => string | null | Promise<string | null>,
) {
  const listener = Deno.listen({ transport: "unix", path });
  const requests: string[] = [];
  const serve = async (connection: Deno.Conn): Promise<void> => {
    const buffer = new Uint8Array(65_536);
    for (let text = "";;) {
      const length = await connection.read(buffer).catch(() => null);
      if (length === null) return;
      text += new TextDecoder().decode(buffer.subarray(0, length));
      const [head = "", body = ""] = text.split("\r\n\r\n", 2);
      const wanted = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (!text.includes("\r\n\r\n") || body.length < wanted) continue;
      const request = text;
      text = "";
      const isAsking = request.startsWith("HEAD ");
      if (!isAsking) requests.push(request);
      const reply = isAsking ? sessionAnswer : await answer(request);
      if (reply === null) {
        open.delete(connection);
        return connection.close();
      }
      await connection.write(new TextEncoder().encode(reply));
    }
  };
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    const served = [];
    for await (const connection of listener) {
      open.add(connection);
      served.push(serve(connection));
    }
    await Promise.all(served);
  })();
  const dispose = async () => {
    listener.close();
    for (const connection of open) connection.close();
    await serving;
  };
  return { requests, [Symbol.asyncDispose]: dispose };
}

const sessionAnswer = `HTTP/1.1 200 OK\r\n${sessionHeader}: 1.hand\r\n\r\n`;
