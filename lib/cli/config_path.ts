/** `mcpproxy config path`: where the config file lies. */
import { resolvePaths } from "../config/resolve.ts";
import { readConfigFile } from "../config/read.ts";
import { ExitCode } from "../errors.ts";
import type { ConfigPath } from "./answers.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";

/**
 * Shows the path, whether the file exists or not.
 * @param context of the command
 * @returns exit code 0
 * @throws {UserError} if the file is there and cannot be trusted, read or parsed
 */
export async function showConfigPath({ inputs, format }: Context): Promise<ExitCode> {
  const { configFile, dataDirectory, logDirectory } = await resolvePaths(inputs);
  const answer: ConfigPath = {
    config_file: configFile,
    exists: await readConfigFile(configFile) !== undefined,
    data_directory: dataDirectory,
    log_directory: logDirectory,
  };
  await present(format, answer, () => configFile);
  return ExitCode.ok;
}
