/** Checks of the config file, and of what flags and environment add to it. */
import { dirname } from "node:path";
import type { JsonObject } from "../../json_object.ts";
import { ConfigIssuesError } from "../../config/error.ts";
import { parseJson } from "../../config/json.ts";
import { loadConfig, type Settings } from "../../config/load.ts";
import { configFileOf, type Inputs, type Paths, pathsOf } from "../../config/paths.ts";
import { type FileText, readConfigFile } from "../../config/read.ts";
import { parseConfig } from "../../config/text.ts";
import { messageOf } from "../../errors.ts";
import { checkPath } from "../../ipc/private_path_unix.ts";
import { operatingSystem } from "../../platform.ts";
import { shellWord } from "../../shell_word.ts";
import {
  type Check,
  failure,
  failureOf,
  type Known,
  lookAt,
  modeOf,
  ok,
  skipped,
  warning,
} from "./check.ts";

/** What the config says, as far as it can be read. */
export interface ConfigFindings {
  checks: Check[];
  /** The root object of the file; empty if it cannot be read. */
  raw: JsonObject;
  paths: Known<Paths>;
  settings: Known<Settings>;
}

/**
 * Checks the config file.
 * @param inputs flags, environment and platform
 * @returns the checks, and the settings if there is nothing wrong with them
 */
export async function checkConfig(inputs: Inputs): Promise<ConfigFindings> {
  const checks: Check[] = [];
  let file: string;
  try {
    file = configFileOf(inputs);
  } catch (error) {
    const unknown = "where the config file lies is unknown";
    checks.push(
      skipped("config-file", unknown),
      skipped("config-contents", unknown),
      failureOf("settings", error),
    );
    return { checks, raw: {}, paths: { unknown }, settings: { unknown } };
  }
  const text = await readFile(file, checks);
  const raw = await checkContents(file, text, checks);
  const found = await checkSettings(inputs, raw, checks);
  const folder = "value" in found.paths ? found.paths.value.dataDirectory : null;
  if ("value" in text) checks.push(judgeFile(file, text.value, folder === dirname(file)));
  return { raw, ...found, checks };
}

async function readFile(file: string, checks: Check[]): Promise<Known<FileText | undefined>> {
  try {
    return { value: await readConfigFile(file) };
  } catch (error) {
    checks.push(failureOf("config-file", error));
    return { unknown: "the config file cannot be used" };
  }
}

/** @param isInDataDirectory if so, its folder is looked at by the checks of that one */
function judgeFile(file: string, read: FileText | undefined, isInDataDirectory: boolean): Check {
  if (read === undefined) {
    return skipped("config-file", `${file} does not exist yet; mcpproxy serve makes it`);
  }
  if (read.warnings.length > 0) {
    const evidence = read.warnings.map((text) => text.replace(/; run: .*$/, ""));
    return warning("config-file", evidence, `Run: chmod 600 ${shellWord(file)}`);
  }
  try {
    if (operatingSystem !== "windows" && !isInDataDirectory) checkPath(dirname(file), Deno.uid()!);
  } catch (error) {
    return warning("config-file", messageOf(error), "Keep the file in the data directory.");
  }
  const link = lookAt(file)?.isSymlink ? `, a link to ${Deno.realPathSync(file)}` : "";
  return ok("config-file", `${file}${link}, mode ${modeOf(Deno.statSync(file))}, yours`);
}

async function checkContents(
  file: string,
  read: Known<FileText | undefined>,
  checks: Check[],
): Promise<JsonObject> {
  if ("unknown" in read) {
    checks.push(skipped("config-contents", read.unknown));
    return {};
  }
  const text = read.value?.text ?? "";
  let raw: JsonObject = {};
  try {
    raw = await parseJson(text, file);
    const { config } = await parseConfig(text, file);
    const count = config.mcpServers.length;
    checks.push(ok("config-contents", `${count} server${count === 1 ? "" : "s"}`));
  } catch (error) {
    checks.push(
      error instanceof ConfigIssuesError
        ? failure(
          "config-contents",
          error.issues.map(({ field, message, position }) => {
            const place = position ? `${file}:${position.line}:${position.column}` : file;
            return [place, field, message].filter((part) => part !== "").join(": ");
          }),
          `Edit ${file}.`,
        )
        : failureOf("config-contents", error),
    );
  }
  return raw;
}

async function checkSettings(
  inputs: Inputs,
  raw: JsonObject,
  checks: Check[],
): Promise<Pick<ConfigFindings, "paths" | "settings">> {
  let paths: Paths;
  try {
    paths = pathsOf(inputs, typeof raw.data_dir === "string" ? raw.data_dir : undefined);
  } catch (error) {
    checks.push(failureOf("settings", error));
    const unknown = "where the data directory lies is unknown";
    return { paths: { unknown }, settings: { unknown } };
  }
  if (checks.some(({ verdict }) => verdict === "failure")) {
    checks.push(skipped("settings", "the config file cannot be used"));
    return { paths: { value: paths }, settings: { unknown: "the config file cannot be used" } };
  }
  try {
    const settings = await loadConfig(inputs, paths);
    checks.push(ok("settings", `data directory ${paths.dataDirectory}`));
    return { paths: { value: paths }, settings: { value: settings } };
  } catch (error) {
    checks.push(failureOf("settings", error));
    return { paths: { value: paths }, settings: { unknown: "flags or environment are wrong" } };
  }
}
