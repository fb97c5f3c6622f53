/** The client's end of the Unix socket: it looks whose socket it is before it sends a byte. */
import { messageOf } from "../errors.ts";
import { type Channel, ChannelError, type ChannelFault } from "./channel.ts";
import { onceHeader } from "./once.ts";
import { checkPath, PermissionError } from "./private_path_unix.ts";
import { clientHeader, sessionHeader, sessionWanted } from "./sessions.ts";
import { dirname } from "../path.ts";

const baseUrl = "http://localhost";
const longestTryMs = 10_000;
const firstPauseMs = 5;
const longestPauseMs = 250;
/** For how long after an answer the session is taken to be known to the core. */
const confirmedMs = 1000;

/**
 * Opens the private channel. Nothing is sent yet: the first request connects.
 * @param path the socket
 * @param client what we call ourselves, `cli/0.1.0`; shown by the core, never trusted
 * @param user our effective user id
 * @returns the channel
 */
export function openUnixChannel(
  path: string,
  client: string,
  user: number | null = Deno.uid(),
): Channel {
  const httpClient = createHttpClient(path);
  let session: string | null = null;
  let confirmedUntil = 0; // by performance.now()
  let number = 0;

  /** @param once headers of a request that must not be carried out twice, which fetch may send twice all the same */
  async function send(url: URL, init: RequestInit, once?: Record<string, string>) {
    const headers = new Headers(init.headers);
    headers.set(clientHeader, `${client}; pid=${Deno.pid}`);
    headers.set(sessionHeader, session ?? sessionWanted);
    headers.delete(onceHeader);
    for (const [name, value] of Object.entries(once ?? {})) headers.set(name, value);
    let response: Response;
    try {
      // Each time: in a folder such as /tmp, another user may take the place as soon as a core has left it.
      checkSocket(path, user);
      response = await fetch(url, { ...init, headers, redirect: "manual", client: httpClient });
    } catch (error) {
      confirmedUntil = 0;
      if (init.signal?.aborted || error instanceof ChannelError) throw error;
      const fault = channelError(path, error);
      // That nobody answers is of the last try: it may have arrived at the one before.
      throw once && !isFault(fault, "busy") ? lost(path, fault.message, error) : fault;
    }
    session = response.headers.get(sessionHeader) ?? session;
    confirmedUntil = performance.now() + confirmedMs;
    if (!once || !response.headers.has(onceHeader)) return response;
    await response.body?.cancel();
    throw lost(path, "it was sent twice, or to a core that is no more");
  }

  async function sendUntilHeard(url: URL, init: RequestInit, once?: Record<string, string>) {
    const deadline = Date.now() + longestTryMs;
    // The pool may hold a connection to a core that has been restarted since: that is found out by the first use.
    let mayRepeat = !once;
    for (let pauseMs = firstPauseMs;; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      let response: Response | null = null;
      try {
        response = await send(url, init, once);
        if (once || !wasTurnedAwayUnheard(response)) return response;
      } catch (error) {
        if (isFault(error, "lost") && mayRepeat) {
          mayRepeat = false;
          continue;
        }
        if (!isFault(error, "busy")) throw error;
      }
      const isSpent = init.body instanceof ReadableStream;
      if (Date.now() > deadline || isSpent) {
        if (response) return response;
        const why = `${path} has no room for another connection`;
        throw once && !isSpent ? lost(path, why) : new ChannelError("busy", why, again);
      }
      await response?.body?.cancel();
      await pause(pauseMs * (0.5 + Math.random()), init.signal ?? null);
    }
  }

  return {
    async fetch(url, init = {}) {
      const { pathname, search } = new URL(url, baseUrl);
      const target = new URL(pathname + search, baseUrl);
      if (isRepeatable(init)) return await sendUntilHeard(target, init);
      // A core that does not know the session cannot tell whether the one before has carried the request out. That there
      // is another core is better found out by a request that may be repeated.
      if (session === null || performance.now() > confirmedUntil) {
        const signal = init.signal ?? null;
        await sendUntilHeard(new URL("/healthz", baseUrl), { method: "HEAD", signal });
      }
      return await sendUntilHeard(target, init, {
        [sessionHeader]: session ?? sessionWanted,
        [onceHeader]: `${++number}`,
      });
    },
    close: () => httpClient.close(),
  };
}

/**
 * A client for the socket and nothing else. To Deno the socket is a proxy, and NO_PROXY, which it reads when the client is
 * made, would send requests past it, to whoever listens on TCP.
 */
function createHttpClient(path: string): Deno.HttpClient {
  const names = ["NO_PROXY", "no_proxy"];
  const former = names.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of names) Deno.env.delete(name);
  try {
    return Deno.createHttpClient({ proxy: { transport: "unix", path } });
  } finally {
    for (const [name, value] of former) if (value !== undefined) Deno.env.set(name, value);
  }
}

const again = "Try again in a moment.";

/** The answer of the guard when a foreign peer was connected too: our request was not looked at, so it may go again. */
function wasTurnedAwayUnheard(response: Response): boolean {
  return response.status === 503 && response.headers.get("retry-after") === "0";
}

function isFault(error: unknown, fault: ChannelFault): boolean {
  return error instanceof ChannelError && error.fault === fault;
}

/** Whether a request does no harm if it is carried out twice. */
function isRepeatable({ method = "GET" }: RequestInit): boolean {
  return ["GET", "HEAD"].includes(method.toUpperCase());
}

function pause(ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** The socket must be one, ours, and where nobody else could have put another in its place. */
function checkSocket(path: string, user: number | null): void {
  const untrusted = (why: string) =>
    new ChannelError("untrusted", `${path} ${why}; nothing was sent`, "Find out who put it there.");
  if (user === null) throw untrusted("has no owner on this system");
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw absent(path, error);
    throw new ChannelError("denied", `${path}: ${messageOf(error)}`, seeFolder, error);
  }
  if (!info.isSocket) throw untrusted("is not a socket");
  if (info.uid !== user) throw untrusted(`belongs to user ${info.uid}, not to you`);
  try {
    checkPath(dirname(path), user);
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error;
    throw new ChannelError("untrusted", `${error.message}; nothing was sent`, error.next ?? "");
  }
}

const seeFolder = "Check who owns the folder and its mode (0700).";
const startCore = "Start the core: mcpproxy serve";

function absent(path: string, cause: unknown): ChannelError {
  return new ChannelError("absent", `no core listens on ${path}`, startCore, cause);
}

function lost(path: string, why: string, cause?: unknown): ChannelError {
  const message = `the connection on ${path} broke; the request may have been carried out: ${why}`;
  return new ChannelError("lost", message, "Look whether it was, before you send it again.", cause);
}

/** fetch tells the reason only in words, those of the operating system error (errno(3)) among them. */
function channelError(path: string, error: unknown): ChannelError {
  const words = messageOf(error instanceof Error && error.cause ? error.cause : error);
  const code = Number(/\(os error ([0-9]+)\)/.exec(words)?.[1]);
  const name = Object.entries(errorNumbers).find(([, numbers]) => numbers.includes(code))?.[0];
  switch (name) {
    case "ENOENT":
      return absent(path, error);
    case "ECONNREFUSED":
      return new ChannelError("refused", `nobody answers on ${path}`, startCore, error);
    case "EACCES":
      return new ChannelError("denied", `no permission to connect to ${path}`, seeFolder, error);
    case "EAGAIN":
      return new ChannelError("busy", `${path} has no room for another connection`, again, error);
    default:
      return new ChannelError("lost", `the connection on ${path} broke: ${words}`, again, error);
  }
}

// errno values: Linux asm-generic/errno.h, then macOS sys/errno.h where it differs.
const errorNumbers = { ENOENT: [2], EACCES: [13, 1], ECONNREFUSED: [111, 61], EAGAIN: [11, 35] };
