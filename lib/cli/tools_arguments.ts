/** The arguments of a tool, as the command line gives them. */
import { isObject, type JsonObject } from "../json_object.ts";
import { ExitCode, messageOf, UserError } from "../errors.ts";

/** Where the arguments come from. */
export interface ArgumentSources {
  /** `key=value` each; they go before the others. */
  pairs: readonly string[];
  /** One JSON object, or `-` for standard input. */
  args?: string | undefined;
  /** A file that holds one. */
  argsFile?: string | undefined;
}

/**
 * Reads what `--args` or `--args-file` gives.
 * @param sources at most one of both
 * @returns the object; empty if neither is given
 * @throws {UserError} exit code 4 if it is no JSON object, cannot be read, or both are given
 */
export async function givenArguments({ args, argsFile }: ArgumentSources): Promise<JsonObject> {
  if (args !== undefined && argsFile !== undefined) {
    throw wrong("--args and --args-file exclude each other", "Leave one of them out.");
  }
  if (argsFile !== undefined) return objectOf(await readFile(argsFile), argsFile);
  if (args === "-") {
    return objectOf(await new Response(Deno.stdin.readable).text(), "standard input");
  }
  return args === undefined ? {} : objectOf(args, "--args");
}

/**
 * Reads `key=value`. A value is JSON where the schema wants anything but a string, and a text otherwise.
 * @param pairs in their order; of two for one key the later holds
 * @param schema of the tool's arguments
 * @returns the arguments
 * @throws {UserError} exit code 4 if there is no `=`, or the value is not of the type that the schema names
 */
export function pairArguments(pairs: readonly string[], schema: JsonObject): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.fromEntries(pairs.map((pair) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) {
      throw wrong(`the argument "${pair.slice(0, 50)}" is not key=value`, "Write it with a =.");
    }
    return [key, valueOf(key, value, Object.hasOwn(properties, key) ? properties[key] : undefined)];
  }));
}

/** In quotes where a shell would make something else of it. */
const examples: Readonly<Record<string, string>> = {
  array: `'["a","b"]'`,
  object: `'{"name":"value"}'`,
  boolean: "true",
  null: "null",
};

function valueOf(key: string, value: string, property: unknown): unknown {
  const types = typesOf(property);
  if (types.length === 0 || types.includes("string")) return value;
  try {
    return JSON.parse(value);
  } catch {
    const example = `${key}=${examples[types[0]!] ?? "5"}`;
    throw wrong(
      `the argument "${key}" must be ${types.join(" or ")}, written as JSON`,
      `As in: ${example}`,
    );
  }
}

/** The types that a schema lets a value have; none if it does not say. */
function typesOf(schema: unknown): string[] {
  if (!isObject(schema)) return [];
  const { type, anyOf, oneOf, enum: values } = schema;
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type.map(String);
  if (Array.isArray(values)) return values.map((value) => typeof value);
  return [anyOf, oneOf].flatMap((choices) => Array.isArray(choices) ? choices : [])
    .flatMap((choice) => isObject(choice) && typeof choice.type === "string" ? [choice.type] : []);
}

function objectOf(text: string, source: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`${source} is not JSON: ${messageOf(error)}`, "Check it with a JSON tool.");
  }
  if (isObject(value)) return value;
  throw wrong(`${source} is not a JSON object`, 'Write it as {"name": value}.');
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw wrong(`${path} cannot be read: ${messageOf(error)}`, "Check the path.");
  }
}

function wrong(message: string, next: string): UserError {
  return new UserError(message, { next, exitCode: ExitCode.configuration });
}
