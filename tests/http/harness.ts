/** Asks an app, in process or over real sockets. */
import assert from "node:assert/strict";
import { createApp, type HttpApp } from "../../lib/http/app.ts";
import type { RequestOrigin, Source } from "../../lib/http/services.ts";
import { API_KEY, type FakeServices, fakeServices } from "./fake_services.ts";

/** What to ask; by default a GET over TCP with a good Host and the key. */
export interface Ask {
  method?: string;
  source?: Source;
  host?: string;
  key?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Becomes the body, as JSON. */
  json?: unknown;
}

/** An app on a fake core. */
export interface TestApp {
  app: HttpApp;
  services: FakeServices;
  ask(path: string, ask?: Ask): Promise<Response>;
}

/** Makes an app; close it when done. */
export function testApp(serverCount = 2): TestApp {
  const services = fakeServices(serverCount);
  const app = createApp(services);
  return {
    app,
    services,
    async ask(path, { method = "GET", source = "tcp", host, key, headers, body, json } = {}) {
      const all: Record<string, string> = { host: host ?? "127.0.0.1:8080", ...headers };
      if (key ?? (source === "tcp")) all["x-api-key"] ??= key ?? API_KEY;
      if (json !== undefined) all["content-type"] ??= "application/json";
      const origin: RequestOrigin = { source };
      const request = new Request(`http://${all.host}${path}`, {
        method,
        headers: all,
        body: json === undefined ? body ?? null : JSON.stringify(json),
      });
      return await app.fetch(request, origin);
    },
  };
}

/** Runs a test on an app and closes it after. */
export async function withApp(
  test: (app: TestApp) => Promise<void>,
  serverCount?: number,
): Promise<void> {
  const app = testApp(serverCount);
  try {
    await test(app);
  } finally {
    app.app.close();
    assert.equal(app.services.listenerCount(), 0, "the app must not go on listening to the core");
  }
}

/** The data of a success envelope. */
// deno-lint-ignore no-explicit-any -- what the routes answer is looked at field by field, misspellings fail the test
export async function dataOf(response: Response): Promise<any> {
  const body = await response.json();
  assert.deepEqual({ status: response.status, success: body.success }, {
    status: 200,
    success: true,
  });
  return body.data;
}

/** The message of an error envelope, after checking that it is one. */
export async function errorOf(response: Response, status: number): Promise<string> {
  const body = await response.json();
  assert.equal(response.status, status, JSON.stringify(body));
  assert.deepEqual(Object.keys(body).sort(), ["error", "request_id", "success"]);
  assert.equal(body.success, false);
  assert.equal(body.request_id, response.headers.get("x-request-id"));
  return body.error;
}

/** An app behind a real listener. */
export interface ServedApp extends TestApp {
  /** Opens a raw connection. */
  connect(): Promise<Deno.Conn>;
  /** `127.0.0.1:<port>`; on a socket `localhost`. */
  host: string;
  /** Where `fetch` finds it, over TCP. */
  baseUrl: string;
}

/** Runs a test on an app behind Deno.serve, on TCP or on a Unix socket. */
export async function withServedApp(
  source: Source,
  test: (app: ServedApp) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/app.sock`;
  await withApp(async (app) => {
    const handler = (request: Request) => app.app.fetch(request, { source });
    const server = source === "tcp"
      ? Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler)
      : Deno.serve({ path, onListen() {} }, handler);
    const port = server.addr.transport === "tcp" ? server.addr.port : 0;
    const host = source === "tcp" ? `127.0.0.1:${port}` : "localhost";
    if (source === "tcp") app.services.settings.facts.listen_addr = host;
    try {
      await test({
        ...app,
        host,
        baseUrl: `http://${host}`,
        connect: () =>
          source === "tcp" ? Deno.connect({ port }) : Deno.connect({ transport: "unix", path }),
      });
    } finally {
      app.app.close();
      await server.shutdown();
    }
  });
  await Deno.remove(folder, { recursive: true });
}

/** Sends bytes as they are and reads until the server has closed, or until `enough`. */
export async function sendRaw(
  connection: Deno.Conn,
  text: string,
  enough: (received: string) => boolean = () => false,
): Promise<string> {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const writing = writeAll(connection, bytes);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let received = "";
  try {
    while (!enough(received)) {
      const count = await connection.read(buffer);
      if (count === null) break;
      received += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  } catch (error) {
    // A server that refuses may close before it has read everything.
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  connection.close();
  await writing;
  return received;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  try {
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  } catch {
    // The server has closed; what it answered tells why.
  }
}

/** Waits until something is so; fails after ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`not so after 10 s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
