/** One connection to a D-Bus message bus. The only module that knows dbus-native, whose types are loose. */
import { createConnection, type Socket } from "node:net";
import {
  createClient,
  type InterfaceDescriptor,
  type Message,
  type MessageBus,
  messageType,
  Variant,
} from "dbus-native";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { BusRefusal, type Method, type OfferedInterface, signatureOf } from "./bus_interface.ts";

export { Variant };

/** An object of another process. */
export interface RemoteObject {
  destination: string;
  path: string;
  interface: string;
}

/** Signals to listen for; what is not given is not looked at. */
export interface SignalFilter {
  path: string;
  interface: string;
  member?: string;
  /** The first argument. */
  argument?: string;
}

/** A connection. */
export interface Bus {
  /** Our unique name, such as `:1.42`. */
  readonly name: string;
  /** Resolves when the connection has gone, whoever ended it. */
  readonly closed: Promise<void>;
  /**
   * Calls a method and waits for the answer.
   * @param signature types of the arguments
   * @param timeout milliseconds
   * @returns the values of the answer
   * @throws an Error that tells why there was no good answer
   */
  call(
    object: RemoteObject,
    member: string,
    signature: string,
    body: readonly unknown[],
    timeout?: number,
  ): Promise<unknown[]>;
  /** Calls `onSignal` with the arguments of every such signal, for as long as the connection lasts. */
  listen(filter: SignalFilter, onSignal: (body: readonly unknown[]) => void): Promise<void>;
  /** Offers an interface at a path. */
  offer(path: string, offered: OfferedInterface): void;
  /** Sends a signal; nothing on a connection that has gone. */
  emit(
    path: string,
    interfaceName: string,
    member: string,
    signature: string,
    body: unknown[],
  ): void;
  /** Ends the connection; all that was sent before goes out first. */
  close(): Promise<void>;
}

const log = logger("tray");
const daemon: RemoteObject = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};
/** What a healthy bus needs is milliseconds. */
const connectLimit = 5_000;
const closeLimit = 1_000;
const callLimit = 10_000;

/**
 * Connects to a bus.
 * @param socketPath of the bus's Unix socket; one in the abstract namespace starts with a NUL
 * @param signal ends the attempt, not the connection
 * @throws an Error if nobody answers there as a bus does, within 5 s
 */
export async function connectBus(socketPath: string, signal?: AbortSignal): Promise<Bus> {
  const socket = createConnection(socketPath);
  // Until dbus-native listens, and after it has stopped; an error without a listener would end the process.
  socket.on("error", () => {});
  const abort = () => socket.destroy(new Error("no longer wanted"));
  signal?.addEventListener("abort", abort);
  const giveUp = () => socket.destroy(new Error("the bus does not answer"));
  const limit = setTimeout(giveUp, connectLimit);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    // "direct": dbus-native throws where nobody can catch it if the bus refuses its Hello, so we say it ourselves.
    // "EXTERNAL": the bus reads our uid off the socket; the other mechanisms read files and try to be nobody.
    const client = createClient({ stream: socket, direct: true, authMethods: ["EXTERNAL"] });
    const closed = new Promise<void>((resolve) => client.connection.on("close", () => resolve()));
    await new Promise<void>((resolve, reject) => {
      client.connection.on("connect", resolve);
      client.connection.on("error", reject);
      client.connection.on("close", () => reject(new Error("the bus closed the connection")));
    });
    // What dbus-native could not make sense of, such as a standard method without its arguments.
    client.connection.on(
      "handlerError",
      (error) => log.debug("D-Bus message ignored: {reason}", { reason: messageOf(error) }),
    );
    const [name] = await invoke(client, { ...daemon, member: "Hello" }, connectLimit);
    client.name = String(name);
    return new Connection(client, socket, closed);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener("abort", abort);
  }
}

class Connection implements Bus {
  readonly name: string;
  readonly closed: Promise<void>;
  readonly #client: MessageBus;
  readonly #socket: Socket;
  #open = true;

  constructor(client: MessageBus, socket: Socket, closed: Promise<void>) {
    this.name = client.name ?? "";
    this.#client = client;
    this.#socket = socket;
    this.closed = closed.then(() => {
      this.#open = false;
    });
  }

  call(
    object: RemoteObject,
    member: string,
    signature: string,
    body: readonly unknown[],
    timeout = callLimit,
  ): Promise<unknown[]> {
    const message = { ...object, member, ...signature ? { signature, body: [...body] } : {} };
    return invoke(this.#client, message, timeout);
  }

  async listen(
    filter: SignalFilter,
    onSignal: (body: readonly unknown[]) => void,
  ): Promise<void> {
    const { path, member, argument } = filter;
    const fromDaemon = filter.interface === daemon.interface;
    this.#client.connection.on("message", (message: Message) => {
      if (message.type !== messageType.signal || message.path !== path) return;
      if (message.interface !== filter.interface) return;
      if (member !== undefined && message.member !== member) return;
      if (argument !== undefined && message.body?.[0] !== argument) return;
      // A process can address a signal to us without asking any filter; the bus itself cannot be imitated.
      if (fromDaemon && message.sender !== daemon.destination) return;
      onSignal(message.body ?? []);
    });
    const rule = Object.entries({
      type: "signal",
      sender: fromDaemon ? daemon.destination : undefined,
      path,
      interface: filter.interface,
      member,
      arg0: argument,
    }).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}='${value}'`);
    await this.call(daemon, "AddMatch", "s", [rule.join(",")]);
  }

  offer(path: string, offered: OfferedInterface): void {
    // No prototype: names come from other processes, and "toString" is not a method that we offer.
    const implementation: Record<string, unknown> = Object.create(null);
    const descriptor: Required<InterfaceDescriptor> = {
      name: offered.name,
      methods: Object.create(null),
      properties: Object.create(null),
      signals: Object.create(null),
    };
    for (const [name, offeredMethod] of Object.entries(offered.methods)) {
      const { takes, gives } = offeredMethod;
      descriptor.methods[name] = [
        signatureOf(takes),
        signatureOf(gives),
        Object.keys(takes),
        Object.keys(gives),
      ];
      implementation[name] = answering(name, offeredMethod);
    }
    for (const [name, { type, get }] of Object.entries(offered.properties)) {
      descriptor.properties[name] = { type, access: "read" };
      Object.defineProperty(implementation, name, { get });
    }
    for (const [name, values] of Object.entries(offered.signals)) {
      descriptor.signals[name] = [signatureOf(values), ...Object.keys(values)];
    }
    this.#client.exportInterface(implementation, path, descriptor);
  }

  emit(
    path: string,
    interfaceName: string,
    member: string,
    signature: string,
    body: unknown[],
  ): void {
    if (this.#open) this.#client.sendSignal(path, interfaceName, member, signature, body);
  }

  async close(): Promise<void> {
    for (const path of Object.keys(this.#client.exportedObjects)) {
      this.#client.unexportInterface(path);
    }
    const limit = setTimeout(() => this.#socket.destroy(), closeLimit);
    await this.#client.close();
    await this.closed;
    clearTimeout(limit);
  }
}

/** A method as dbus-native calls it: with the values, and after them the whole message. */
function answering(name: string, { takes, answer }: Method): (...values: unknown[]) => unknown {
  const wanted = signatureOf(takes);
  return (...values) => {
    const { signature = "" } = values.pop() as Message;
    if (signature !== wanted) {
      throw new BusRefusal(
        "org.freedesktop.DBus.Error.InvalidArgs",
        `${name} takes "${wanted}", not "${signature}"`,
      );
    }
    const result = answer(values);
    // dbus-native wants one value bare, several in an array and null for none.
    return result.length > 1 ? result : result[0] ?? null;
  };
}

function invoke(client: MessageBus, message: Message, timeout: number): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    client.invoke(message, { timeout }, (error: unknown, ...values: unknown[]) => {
      if (error) reject(error);
      else resolve(values);
    });
  });
}
