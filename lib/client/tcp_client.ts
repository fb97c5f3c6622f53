/** Requests to a core of this machine over TCP, straight there. */

/** A client for such requests. */
export interface TcpClient {
  fetch: typeof fetch;
  /** Gives its connections free. */
  close(): void;
}

/** Where Deno finds a proxy when a client is made; through one the API key would go to whoever runs it. */
const proxyVariables = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/**
 * Makes a client that uses no proxy, whatever the environment says, and no connection twice: fetch sends a request again by
 * itself when a connection out of its pool dies, POST too, though it may have been carried out.
 * @returns the client
 */
export function openTcpClient(): TcpClient {
  const former = proxyVariables.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of proxyVariables) Deno.env.delete(name);
  try {
    const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    return {
      fetch: (input, init) =>
        fetch(input, { ...init, client } as RequestInit & { client: Deno.HttpClient }),
      close: () => client.close(),
    };
  } finally {
    for (const [name, value] of former) if (value !== undefined) Deno.env.set(name, value);
  }
}
