/** What the tests of listeners and channels share. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PrivateListener, RequestHandler } from "../../lib/ipc/listener.ts";
import { listenUnix } from "../../lib/ipc/listener_unix.ts";
import { systemSockets } from "../../lib/ipc/private_channel.ts";
import type { SystemSockets } from "../../lib/ipc/sockets.ts";
import { type Child, startModule } from "../support/child.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import type { ServeOptions, ServeStats } from "./fixtures/serve_channel.ts";

/** Opened once, outside of the tests: a library that is open at the end of a test counts as a leak. */
export const sockets = systemSockets() ?? assert.fail("these tests are for Unix");

/** A listener in a folder of its own. */
export interface TestListener extends AsyncDisposable {
  listener: PrivateListener;
  path: string;
}

/** Listens in a folder of its own; it is stopped when its scope ends. */
export function listen(
  handler: RequestHandler = () => new Response("ok"),
  system: SystemSockets = sockets,
): TestListener {
  const folder = temporaryFolder();
  const path = join(folder.path, "mcpproxy.sock");
  const listener = listenUnix(path, handler, system);
  return {
    listener,
    path,
    async [Symbol.asyncDispose]() {
      await listener.stop(0);
      folder[Symbol.dispose]();
    },
  };
}

/** One HTTP/1.1 connection that we write to and read from as we like. */
export class RawConnection implements Disposable {
  readonly #connection: Deno.Conn;
  #text = "";
  #closed = false;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  static async open(path: string): Promise<RawConnection> {
    return new RawConnection(await Deno.connect({ transport: "unix", path }));
  }

  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Sends a request without a body and reads the answer. */
  async request(path: string, headers: Record<string, string> = {}, method = "GET") {
    const lines = Object.entries({ host: "localhost", ...headers }).map((all) => all.join(": "));
    await this.write(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    return await this.answer();
  }

  /** Reads an answer with a content-length. @throws if the connection ends before */
  async answer(): Promise<{ status: number; headers: Headers; body: string }> {
    await this.#fill(() => this.#text.includes("\r\n\r\n"));
    const [head = "", ...rest] = this.#text.split("\r\n\r\n");
    const [first = "", ...lines] = head.split("\r\n");
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const at = line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1).trim()];
      }),
    );
    this.#text = rest.join("\r\n\r\n");
    const length = Number(headers.get("content-length"));
    await this.#fill(() => this.#text.length >= length);
    const body = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return { status: Number(first.split(" ")[1]), headers, body };
  }

  /** Reads until the other end closes. */
  async rest(): Promise<string> {
    await this.#fill(() => false).catch(() => {});
    return this.#text;
  }

  async #fill(isEnough: () => boolean): Promise<void> {
    const buffer = new Uint8Array(4096);
    while (!isEnough()) {
      const length = await this.#connection.read(buffer);
      if (length === null) throw new Error("the connection ended");
      this.#text += new TextDecoder("latin1").decode(buffer.subarray(0, length));
    }
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.#connection.close();
    this.#closed = true;
  }
}

/** Serves the channel from a process of its own. @param through see `startModule` */
export async function startServer(
  path: string,
  options: ServeOptions = {},
  through: readonly string[] = [],
): Promise<Child> {
  const server = startModule(
    new URL("fixtures/serve_channel.ts", import.meta.url),
    [path, JSON.stringify(options)],
    through,
  );
  try {
    await server.line("listening");
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Asks a server that `startServer` has started what it has seen. */
export async function statsOf(server: Child): Promise<ServeStats> {
  const from = server.lines.length;
  await server.tell("stats");
  return JSON.parse((await server.line("stats ", from)).slice("stats ".length));
}
