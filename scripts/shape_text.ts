/** Writes a JSON Schema the way a TypeScript type is written, which is how people read shapes. */
import type { z } from "@hono/zod-openapi";

type Schema = z.core.JSONSchema.JSONSchema | boolean;

/**
 * Writes a schema.
 * @param schema as zod makes it
 * @param indent how deep its braces stand
 * @returns the type; a reference stands as its name
 */
export function shapeText(schema: Schema, indent = ""): string {
  if (typeof schema === "boolean") return "unknown";
  const { $ref, enum: values, const: value, anyOf, type, items, properties } = schema;
  if ($ref !== undefined) return $ref.split("/").at(-1)!;
  if (values !== undefined) return values.map((one) => JSON.stringify(one)).join(" | ");
  if (value !== undefined) return JSON.stringify(value);
  if (anyOf !== undefined) return anyOf.map((one) => shapeText(one, indent)).join(" | ");
  if (type === "integer") return "number";
  if (type === "array") {
    const inner = shapeText(items as Schema ?? true, indent);
    return inner.includes(" | ") ? `(${inner})[]` : `${inner}[]`;
  }
  if (Array.isArray(type)) return type.join(" | ");
  if (type !== "object") return type ?? "unknown";
  if (properties === undefined || Object.keys(properties).length === 0) {
    return `Record<string, ${shapeText(schema.additionalProperties ?? true, indent)}>`;
  }
  const deeper = `${indent}  `;
  const required = new Set(schema.required);
  const lines = Object.entries(properties).map(([name, property]) =>
    `${deeper}${name}${required.has(name) ? "" : "?"}: ${shapeText(property, deeper)};`
  );
  // What passes through from elsewhere may hold more.
  const isOpen = typeof schema.additionalProperties === "object";
  if (isOpen) lines.push(`${deeper}[more: string]: unknown;`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}
