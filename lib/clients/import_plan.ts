/** What of the servers of other clients is to be added to ours. Pure. */
import { isObject, type JsonObject } from "../json_object.ts";
import { isSame } from "../config/json_value.ts";
import { parseListenAddress } from "../config/listen.ts";
import { maskConfig } from "../config/secrets.ts";
import type { ClientDescription } from "./catalogue.ts";
import { isOwnEntry } from "./entry.ts";
import { NotTransferable } from "./references.ts";
import { transfer, type TransferredServer } from "./transfer.ts";

/** A server in a client's settings. */
export interface FoundServer {
  client: ClientDescription;
  name: string;
  /** As it stands there. */
  value: unknown;
}

/** What becomes of one of them. */
export interface ImportItem {
  /** Id of the client. */
  client: string;
  /** What the client calls it. */
  name: string;
  /** What it is called here; null if it is not taken over. */
  as: string | null;
  action: "add" | "present" | "skip";
  /** Why it is skipped, or called otherwise; null if there is nothing to say. */
  reason: string | null;
  /** Holds secrets. Null if it is not added. */
  server: TransferredServer | null;
}

/**
 * Decides what is added, and under which name. A name that another server has here becomes `name-client`; if that is
 * taken too, the server is skipped. What starts or reaches mcpproxy itself is left out.
 * @param found servers of the clients, in the order in which they get their names
 * @param existing our own servers, secrets masked
 * @param listen host:port at which our core listens
 * @param home the home directory
 * @returns one item for each server that is not mcpproxy
 */
export function planImport(
  found: readonly FoundServer[],
  existing: readonly JsonObject[],
  listen: string,
  home: string,
): ImportItem[] {
  const known = new Map(existing.map((server) => [String(server.name), server]));
  return found.filter(({ value }) => !isOurselves(value, listen)).map(({ client, name, value }) => {
    const item = { client: client.id, name, as: null, reason: null, server: null };
    let server: TransferredServer;
    try {
      server = transfer(client, name, value, home);
    } catch (error) {
      if (!(error instanceof NotTransferable)) throw error;
      return { ...item, action: "skip", reason: error.message };
    }
    // Under whatever name an import would have given it, from this client or another.
    const same = [...known].find(([as, other]) =>
      (as === server.name || as.startsWith(`${server.name}-`)) && isSameServer(other, server)
    );
    if (same) return { ...item, as: same[0], action: "present" };
    const names = [server.name, `${server.name}-${client.id}`];
    const as = names.find((name) => !known.has(name));
    if (as !== undefined) {
      known.set(as, maskConfig({ ...server, name: as }));
      const reason = as === server.name ? null : `"${server.name}" is another server here`;
      return { ...item, as, action: "add", reason, server: { ...server, name: as } };
    }
    const reason = `"${names.join('" and "')}" are other servers here`;
    return { ...item, action: "skip", reason };
  });
}

const definingFields = ["command", "args", "working_dir", "env", "url", "headers"] as const;

/** By what is shown of their secrets: more is not known of those that we have. */
function isSameServer(existing: JsonObject, server: TransferredServer): boolean {
  const masked = maskConfig({ ...server });
  return definingFields.every((field) =>
    isSame(withoutEmpty(existing[field]), withoutEmpty(masked[field]))
  );
}

function withoutEmpty(value: unknown): unknown {
  const isEmpty = value === "" || value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0);
  return isEmpty ? undefined : value;
}

/** A proxy behind itself would never come to an end. */
function isOurselves(value: unknown, listen: string): boolean {
  if (isOwnEntry(value)) return true;
  if (!isObject(value)) return false;
  const args: unknown[] = Array.isArray(value.args) ? value.args : [];
  return [value.url, value.httpUrl, value.serverUrl, ...args].some((text) =>
    typeof text === "string" && isOwnAddress(text, listen)
  );
}

function isOwnAddress(text: string, listen: string): boolean {
  const address = parseListenAddress(listen);
  if (typeof address === "string" || !/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return false;
  }
  const { hostname, port, pathname } = new URL(text);
  const isThisMachine = hostname === "localhost" || hostname === "[::1]" ||
    /^127\./.test(hostname) || hostname === address.hostname;
  return isThisMachine && Number(port || 80) === address.port && /^\/mcp(?:\/|$)/.test(pathname);
}
