/** HTTP by hand, for what `fetch` refuses to send. */

/** An answer as it came. */
export interface RawAnswer {
  /** 0 if the connection was closed without an answer. */
  status: number;
  headers: Headers;
  body: string;
}

/** A request as lines. */
export interface RawRequest {
  method?: string;
  /** The request target, such as `/readyz`. */
  target: string;
  /** In their order; a name may come twice. */
  headers: readonly (readonly [name: string, value: string])[];
  body?: string;
}

/**
 * Sends one request and reads the answer to the end of the connection.
 * @param address where to
 * @param request sent as it is, with `Connection: close`
 */
export async function sendRaw(
  address: Deno.ConnectOptions | (Deno.UnixConnectOptions & { transport: "unix" }),
  { method = "GET", target, headers, body = "" }: RawRequest,
): Promise<RawAnswer> {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...body === "" ? [] : [`Content-Length: ${new TextEncoder().encode(body).length}`],
    "Connection: close",
  ];
  using connection = "path" in address ? await Deno.connect(address) : await Deno.connect(address);
  const text = await exchange(connection, `${lines.join("\r\n")}\r\n\r\n${body}`);
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  return {
    status: Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(statusLine)?.[1] ?? 0),
    headers: new Headers(fields.map((field): [string, string] => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    })),
    body: rest.join("\r\n\r\n"),
  };
}

async function exchange(connection: Deno.Conn, request: string): Promise<string> {
  let text = "";
  try {
    const bytes = new TextEncoder().encode(request);
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65_536);
    for (let read; (read = await connection.read(buffer)) !== null;) {
      text += decoder.decode(buffer.subarray(0, read), { stream: true });
    }
  } catch (error) {
    // A server that refuses may reset instead of closing.
    if (
      !(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe)
    ) {
      throw error;
    }
  }
  return text;
}
