/** Answers as YAML. A module of its own, since the library takes long to load and few ask for it. */
import { Document, Scalar, visit } from "yaml";

/**
 * Writes data as YAML.
 * @param data only what JSON can hold
 * @returns the text, without a newline at its end; control characters but newline and tab stand in double quotes
 */
export function toYaml(data: unknown): string {
  const document = new Document(data);
  visit(document, {
    Scalar(_key, node) {
      const { value } = node;
      // In double quotes they are escaped; elsewhere they would stand as they are.
      if (
        typeof value === "string" &&
        /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(value.replace(/[\n\t]/g, ""))
      ) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return document.toString().trimEnd();
}
