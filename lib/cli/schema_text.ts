/** JSON Schema in words. Schemas come from servers that nobody vouches for: they are read within bounds. */
import { isObject, type JsonObject } from "../json_object.ts";
import { shellWord } from "../shell_word.ts";
import { printable } from "./text.ts";

const deepest = 4;
const mostProperties = 100;
const mostValues = 20;

/**
 * Describes the properties of an object's schema.
 * @param schema any JSON Schema
 * @returns a line for each property, with what it is for, indented; empty if there are none
 */
export function schemaLines(schema: JsonObject): string[] {
  return linesOf(schema, 1);
}

function linesOf(schema: JsonObject, depth: number): string[] {
  const { properties } = schema;
  if (!isObject(properties) || depth > deepest) return [];
  const required = requiredOf(schema);
  const names = Object.keys(properties);
  const indent = "  ".repeat(depth);
  const lines = names.slice(0, mostProperties).flatMap((name) => {
    const property = isObject(properties[name]) ? properties[name] : {};
    const { description } = property;
    const notes = [
      typeOf(property),
      ...required.has(name) ? ["required"] : [],
      ...notesOf(property),
    ];
    const items = isObject(property.items) ? property.items : undefined;
    return [
      `${indent}${printable(name)}  ${notes.join(", ")}`,
      ...typeof description === "string"
        ? description.trim().split("\n").map((line) => `${indent}    ${printable(line.trim())}`)
        : [],
      ...linesOf(items ?? property, depth + 1),
    ];
  });
  const left = names.length - mostProperties;
  return left > 0 ? [...lines, `${indent}… and ${left} more`] : lines;
}

/**
 * The type of a property, as far as a word or two can say it.
 * @param schema of the property
 * @returns such as `string`, `string[]`, `"a" | "b"`
 */
export function typeOf(schema: JsonObject): string {
  return typeAt(schema, 1);
}

function typeAt(schema: JsonObject, depth: number): string {
  const { type, enum: values, const: value, anyOf, oneOf, items, $ref } = schema;
  if (value !== undefined) return literal(value);
  if (Array.isArray(values)) {
    const shown = values.slice(0, mostValues).map(literal).join(" | ");
    return values.length > mostValues ? `${shown} | …` : shown;
  }
  const choices = [anyOf, oneOf].find(Array.isArray);
  if (depth > deepest && (choices || type === "array")) return "…";
  if (choices) {
    const types = choices.slice(0, mostValues).filter(isObject)
      .map((choice) => typeAt(choice, depth + 1));
    return [...new Set(types)].join(" | ") || "any";
  }
  if (type === "array") {
    const inner = isObject(items) ? typeAt(items, depth + 1) : "any";
    return inner.includes(" ") ? `(${inner})[]` : `${inner}[]`;
  }
  if (Array.isArray(type)) return printable(textsOf(type).slice(0, mostValues).join(" | "));
  if (typeof type === "string") return printable(type);
  return typeof $ref === "string" ? printable($ref.split("/").at(-1)!) : "any";
}

function notesOf(schema: JsonObject): string[] {
  const { default: fallback, minimum, maximum, pattern, format } = schema;
  return [
    ...fallback === undefined ? [] : [`default ${literal(fallback)}`],
    ...minimum === undefined ? [] : [`at least ${literal(minimum)}`],
    ...maximum === undefined ? [] : [`at most ${literal(maximum)}`],
    ...typeof format === "string" ? [printable(format)] : [],
    ...typeof pattern === "string" ? [`matches ${printable(pattern)}`] : [],
  ];
}

function literal(value: unknown): string {
  const text = printable(JSON.stringify(value) ?? "");
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function requiredOf({ required }: JsonObject): Set<string> {
  return new Set(Array.isArray(required) ? textsOf(required) : []);
}

/** Not all that JSON holds can be made text: an object may bring a `toString` that is none. */
function textsOf(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === "string");
}

/**
 * What a call of a tool looks like.
 * @param schema of its arguments
 * @returns `name=<type>` for each argument that is required
 */
export function exampleArguments(schema: JsonObject): string[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return [...requiredOf(schema)].slice(0, mostProperties).map((name) => {
    const property = properties[name];
    const type = isObject(property) ? typeOf(property) : "any";
    return `${shellWord(name)}=<${type.length > 30 ? "…" : type}>`;
  });
}
