/** Where everything lies, by what flags, environment and config file say. */
import { parseJson } from "./json.ts";
import { configFileOf, type Inputs, type Paths, pathsOf } from "./paths.ts";
import { readConfigFile } from "./read.ts";

/**
 * Finds out where everything lies, for which it looks into the config file for `data_dir`. Writes nothing.
 * @param inputs flags, environment, platform and working directory
 * @returns the paths
 * @throws {ConfigError} if the file cannot be trusted, read or parsed
 */
export async function resolvePaths(inputs: Inputs): Promise<Paths> {
  const file = configFileOf(inputs);
  const raw = await parseJson((await readConfigFile(file))?.text ?? "", file);
  return pathsOf(inputs, typeof raw.data_dir === "string" ? raw.data_dir : undefined);
}
