/** The version of this program, from the one place where it is written down. */
import manifest from "../deno.json" with { type: "json" };

/** Semantic version, such as `0.1.0`. */
export const version: string = manifest.version;
