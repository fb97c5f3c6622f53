/** A session of the private channel, got as lib/ipc/channel_unix.ts gets it. */
import { sessionHeader, sessionWanted } from "../../lib/ipc/sessions.ts";
import { encodeRequest, type HttpConnection, textOf } from "./http_connection.ts";

/**
 * Asks for a session.
 * @param connection on the private channel
 * @returns the header to send from then on
 */
export async function requestSession(connection: HttpConnection): Promise<Record<string, string>> {
  const request = encodeRequest("GET /api/v1/status", { [sessionHeader]: sessionWanted });
  const head = textOf((await connection.exchange(request)).head);
  const [, value] = new RegExp(`^${sessionHeader}: (\\S+)`, "im").exec(head) ?? [];
  if (value === undefined) throw new Error(`no session was given:\n${head}`);
  return { [sessionHeader]: value };
}
