/**
 * What we offer to other processes on a bus. Any process of the session can call it, with anything: a method gets arguments
 * of the types that it declares, or is not called.
 */

/** Names and D-Bus types of arguments, in their order. */
export type Arguments = Readonly<Record<string, string>>;

/** A method that we offer; made by {@linkcode method}. */
export interface Method {
  takes: Arguments;
  gives: Arguments;
  answer(body: readonly unknown[]): unknown[];
}

/** A property that we offer, read only. */
export interface Property {
  type: string;
  get(): unknown;
}

/** An interface that we offer. */
export interface OfferedInterface {
  name: string;
  methods: Readonly<Record<string, Method>>;
  properties: Readonly<Record<string, Property>>;
  /** For introspection. */
  signals: Readonly<Record<string, Arguments>>;
}

/** An answer that says no: how a method of ours refuses. */
export class BusRefusal extends Error {
  /** Read by dbus-native. */
  readonly dbusName: string;

  /** @param name a D-Bus error name @param message for whoever debugs the caller */
  constructor(name: string, message: string) {
    super(message);
    this.dbusName = name;
  }
}

/**
 * A method with the types of its arguments. The signature of every call is compared with `takes` before `answer` is called,
 * and the bus has compared the signature with what was sent, so `Values` holds if it says the same as `takes`.
 * @param takes the arguments
 * @param gives the values of the answer
 * @param answer returns those values; a {@linkcode BusRefusal} that it throws is what the caller gets
 */
export function method<Values extends unknown[]>(
  takes: Arguments,
  gives: Arguments,
  answer: (...values: Values) => unknown[],
): Method {
  return { takes, gives, answer: (body) => answer(...body as Values) };
}

/**
 * @param values of a method or a signal
 * @returns their types, as the bus writes them
 */
export function signatureOf(values: Arguments): string {
  return Object.values(values).join("");
}
