/**
 * Calls one route of the core's API. Method, path and answer are those of the route's contract, of which nothing but the
 * types is needed here: a command that asks one question loads no library.
 */
import { UserError } from "../errors.ts";
import { type ApiTransport, credentials, refusal, unreachable } from "./request.ts";

/** As much of a contract as types a call; see `enveloped` of lib/http/contracts. */
interface Contract {
  method: string;
  path: string;
  responses: {
    200: { content: { "application/json": { schema: { _output: { data: unknown } } } } };
  };
}

/** The `data` of a route's answer. */
export type AnswerOf<Route extends Contract> =
  Route["responses"][200]["content"]["application/json"]["schema"]["_output"]["data"];

/** What goes with a call. */
export interface CallOptions {
  /** Stands for `{name}` in the path: the name of a server. */
  name?: string;
  query?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Gives the call up. */
  signal?: AbortSignal;
}

/** Calls the route of a contract, which is given as the type. */
export type CallRoute = <Route extends Contract>(
  method: Route["method"],
  path: Route["path"],
  options?: CallOptions,
) => Promise<AnswerOf<Route>>;

/**
 * Makes what calls routes. Nothing is sent yet.
 * @param transport how requests reach the core
 * @returns calls a route; rejects with a {@linkcode UserError}, with an `ApiError` if the core refused
 */
export function callRoute(transport: ApiTransport): CallRoute {
  return async (method, path, { name, query, body, signal } = {}) => {
    const url = new URL(pathOf(path, name), transport.baseUrl);
    if (query) url.search = new URLSearchParams(query).toString();
    const headers = credentials(transport);
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await transport.fetch(url, {
        method: method.toUpperCase(),
        headers,
        ...body === undefined ? {} : { body: JSON.stringify(body) },
        ...signal === undefined ? {} : { signal },
      });
    } catch (error) {
      throw unreachable(error, transport.baseUrl);
    }
    const answer = await response.json().catch(() => undefined);
    if (answer?.success !== true) throw refusal(response.status, answer, transport.baseUrl);
    return answer.data;
  };
}

/**
 * The path of a route.
 * @param path of its contract
 * @param name stands for `{name}` in it
 * @returns the path
 * @throws {UserError} if no URL can hold the name
 */
export function pathOf(path: string, name: string | undefined): string {
  return name === undefined ? path : path.replace("{name}", () => segmentOf(name));
}

/** A URL would swallow "." and "..", encoded or not. */
function segmentOf(name: string): string {
  if (name === "" || name === "." || name === "..") {
    throw new UserError(`"${name}" cannot be the name of a server`);
  }
  return encodeURIComponent(name);
}
