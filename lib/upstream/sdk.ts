/** The official client package, loaded when the first upstream connects: it costs about 80 ms and 20 MB. */
import type { StandardSchemaV1 } from "@modelcontextprotocol/client";

/** What `import("@modelcontextprotocol/client")` gives. */
export type Sdk = typeof import("@modelcontextprotocol/client");

/** Loads the package; later calls get the same one at no cost. */
export async function loadSdk(): Promise<Sdk> {
  return await import("@modelcontextprotocol/client");
}

/** Takes any result as it is, where the SDK's own schemas would refuse it or drop what they do not know. */
export const anyResult: StandardSchemaV1<unknown, Record<string, unknown>> = {
  "~standard": {
    version: 1,
    vendor: "mcpproxy",
    validate: (value) => ({ value: value as Record<string, unknown> }), // JSON-RPC has made sure that it is an object
  },
};
