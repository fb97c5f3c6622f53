/** `mcpproxy config show`: the config in force. */
import { NoCoreError } from "../client/connect.ts";
import { loadConfig } from "../config/load.ts";
import { maskedConfig } from "../config/masked.ts";
import { configFileOf } from "../config/paths.ts";
import { ExitCode } from "../errors.ts";
import type { ConfigShow } from "./answers.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";

/**
 * Shows the config of the running core; if none runs, that of the file, as the next core will have it.
 * @param context of the command
 * @returns exit code 0
 * @throws {UserError} if a core runs and cannot be reached, or the file is wrong
 */
export async function showConfig({ inputs, format }: Context): Promise<ExitCode> {
  const answer: ConfigShow = { ...await configOf(inputs), config_file: configFileOf(inputs) };
  // JSON for people too: this is what the file looks like.
  await present(
    format === "table" ? "json" : format,
    format === "table" ? answer.config : answer,
    () => "",
  );
  return ExitCode.ok;
}

async function configOf(inputs: Context["inputs"]): Promise<Pick<ConfigShow, "source" | "config">> {
  try {
    return { source: "core", config: await askCore(inputs, (client) => client.config()) };
  } catch (error) {
    if (!(error instanceof NoCoreError)) throw error;
    const { config, document } = await loadConfig(inputs);
    return { source: "file", config: maskedConfig(config, document.raw) };
  }
}
