/** What Linux and macOS have in common in {@linkcode SystemSockets}: the POSIX calls, with each system's numbers. */
import type { ConnectedSocket, PeerCredentials, SystemSockets } from "./sockets.ts";

const posixCalls = {
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
  getegid: { parameters: [], result: "u32" },
  getgroups: { parameters: ["i32", "buffer"], result: "i32" },
} as const;

/** The POSIX calls, bound. */
export type PosixCalls = Deno.DynamicLibrary<typeof posixCalls>["symbols"];

/** The numbers in which systems differ, and the calls that only one of them has. */
export interface UnixDialect {
  calls: PosixCalls;
  SOL_SOCKET: number;
  SO_TYPE: number;
  SO_ACCEPTCONN: number;
  AF_INET6: number;
  /** Reads the address family out of a sockaddr. */
  familyOf(address: DataView): number;
  /** Every descriptor of this process. */
  descriptors(): Iterable<number>;
  credentials(descriptor: number): PeerCredentials | null;
  identity(descriptor: number): string;
  executable(pid: number): string | null;
}

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SHUT_RDWR = 2;
const pathOffset = 2; // sun_path follows two bytes on both systems: unix(7), unix(4)

/**
 * Opens the C library with the POSIX calls.
 * @param library its name or path
 * @returns the bound calls
 * @throws if there is no such library
 */
export function openPosixCalls(library: string): PosixCalls {
  return Deno.dlopen(library, posixCalls).symbols;
}

/**
 * Answers for a Unix system.
 * @param dialect its numbers and its own calls
 * @returns what the private channel asks
 */
export function unixSockets(dialect: UnixDialect): SystemSockets {
  const { calls } = dialect;
  const address = new Uint8Array(128); // sizeof(struct sockaddr_storage)
  const view = new DataView(address.buffer);
  const length = new Uint32Array(1);
  const number = new Int32Array(1);

  function addressBy(call: "getsockname" | "getpeername", descriptor: number): number | null {
    length[0] = address.length;
    address.fill(0);
    return calls[call](descriptor, address, length) === 0 ? dialect.familyOf(view) : null;
  }

  function option(descriptor: number, name: number): number | null {
    length[0] = 4;
    return calls.getsockopt(descriptor, dialect.SOL_SOCKET, name, number, length) === 0
      ? number[0] ?? null
      : null;
  }

  function describe(descriptor: number): ConnectedSocket | null {
    const family = addressBy("getsockname", descriptor);
    if (family === AF_UNIX) {
      // A socket that was accepted has its listener's name, also after its peer is gone (getpeername(2) has none then).
      const path = socketPath(address);
      if (path === "") return null;
      // Left out only if the system says so: a socket of which it says nothing may be somebody's connection.
      const type = option(descriptor, dialect.SO_TYPE);
      if (type !== null && type !== SOCK_STREAM) return null;
      const listens = option(descriptor, dialect.SO_ACCEPTCONN);
      return listens !== null && listens !== 0 ? null : { family: "unix", descriptor, path };
    }
    if (family !== AF_INET && family !== dialect.AF_INET6) return null;
    const localPort = view.getUint16(2);
    if (addressBy("getpeername", descriptor) === null) return null;
    const remoteAddress = formatAddress(view, family === dialect.AF_INET6);
    return { family: "inet", descriptor, localPort, remoteAddress };
  }

  return {
    connected: () => {
      const found = [];
      for (const descriptor of dialect.descriptors()) {
        const socket = describe(descriptor);
        if (socket) found.push(socket);
      }
      return found;
    },
    credentials: dialect.credentials,
    identity: dialect.identity,
    // macOS refuses for a peer that is gone already (shutdown(2), ENOTCONN): nothing reaches that one either.
    shutdown: (descriptor) =>
      calls.shutdown(descriptor, SHUT_RDWR) === 0 || addressBy("getpeername", descriptor) === null,
    executable: dialect.executable,
    self: () => {
      const groups = new Uint32Array(1024);
      const count = Math.max(0, calls.getgroups(groups.length, groups));
      return {
        uid: calls.geteuid(),
        groups: new Set([calls.getegid(), ...groups.subarray(0, count)]),
      };
    },
  };
}

function socketPath(address: Uint8Array): string {
  const end = address.indexOf(0, pathOffset);
  return new TextDecoder().decode(address.subarray(pathOffset, end < 0 ? undefined : end));
}

function formatAddress(address: DataView, isVersion6: boolean): string {
  const port = address.getUint16(2); // network byte order, at the same place in sockaddr_in and sockaddr_in6
  if (!isVersion6) {
    const host = [4, 5, 6, 7].map((at) => address.getUint8(at)).join(".");
    return `${host}:${port}`;
  }
  const groups = Array.from({ length: 8 }, (_, at) => address.getUint16(8 + 2 * at).toString(16));
  if (groups.slice(0, 6).join() === "0,0,0,0,0,ffff") {
    const host = [20, 21, 22, 23].map((at) => address.getUint8(at)).join(".");
    return `[::ffff:${host}]:${port}`;
  }
  return `${new URL(`http://[${groups.join(":")}]`).hostname}:${port}`;
}
