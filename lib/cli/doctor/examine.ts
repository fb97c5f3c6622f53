/** All checks, in the order in which one rests on the other. */
import type { Inputs, Paths } from "../../config/paths.ts";
import { secretsOf } from "../../config/secrets.ts";
import { messageOf } from "../../errors.ts";
import { checkAccess } from "./access.ts";
import { catalogue, type CheckId } from "./catalogue.ts";
import { checkChannel } from "./channel.ts";
import { type Check, failure, type Known, lookAt, skipped } from "./check.ts";
import { checkConfig, type ConfigFindings } from "./config.ts";
import { checkCore } from "./core.ts";
import { checkFolder } from "./data_directory.ts";
import { checkLock, checkOtherCore, type LockFindings } from "./lock.ts";
import { checkRunners } from "./runners.ts";
import { coreEnvironments } from "./search_path.ts";
import { checkFileSystem, checkLogs, judgeDescriptors, judgeSpace } from "./storage.ts";
import type { System } from "./system.ts";
import { checkPort, checkRefusals } from "./tcp.ts";
import { checkTray } from "./tray.ts";
import { checkUpstreams } from "./upstreams.ts";

/** What was found, and what mends it by `--fix`. */
export interface Examination {
  /** In the order of the catalogue. */
  checks: Check[];
  configFile: string | null;
  /** As configured, there or not. */
  dataDirectory: string | null;
  /** Its real path, if it is private. */
  privateDirectory: string | null;
  /** Where the socket lies, or would; null if there is none. */
  socket: string | null;
  /** What must not be shown, longest first. */
  secrets: string[];
}

/**
 * Looks at everything. Nothing is changed, and nothing left behind.
 * @param inputs flags, environment and platform
 * @param system the machine
 * @returns what was found; never rejects for what is wrong with the set-up
 */
export async function examine(inputs: Inputs, system: System): Promise<Examination> {
  const config = await checkConfig(inputs);
  const { settings } = config;
  const folder = "value" in config.paths ? checkFolder(config.paths.value.dataDirectory) : {
    checks: skippedAll(["data-directory", "data-directory-parents"], config.paths.unknown),
    dataDirectory: config.paths,
  };
  const { dataDirectory } = folder;
  const lock = lockOf(inputs, config.paths, dataDirectory);
  const { running } = lock;
  const channel = "value" in dataDirectory
    ? await checkChannel({
      inputs,
      dataDirectory: dataDirectory.value,
      settings,
      running,
      isHeld: lock.isHeld,
    })
    : {
      checks: skippedAll(["private-channel", "socket-folder", "socket"], dataDirectory.unknown),
      socket: null,
    };
  const [core, tray, port, descriptors] = await Promise.all([
    checkCore(inputs, running, system),
    checkTray(inputs, dataDirectory),
    checkPort(settings, running),
    system.descriptorLimit(),
  ]);
  const { answers } = core;
  const servers = of(settings, ({ config }) => config.mcpServers);
  const environments = await coreEnvironments(inputs, running, tray.startsAtLogin, system);
  const [refusals, runners] = await Promise.all([
    checkRefusals(answers, of(settings, ({ config }) => config.api_key)),
    checkRunners("value" in servers ? servers.value : [], environments[0]!),
  ]);
  const upstreams = await checkUpstreams(
    servers,
    of(answers, ({ servers }) => servers),
    environments,
    runners.missing,
  );
  const access = "value" in settings
    ? checkAccess(settings.value, inputs)
    : skippedAll(["listen-address", "api-key", "mcp-auth", "trusted-hosts"], settings.unknown);
  const checks = [
    ...config.checks,
    ...folder.checks,
    ...storage(config, dataDirectory, channel.socket, system),
    ...lock.checks,
    ...channel.checks,
    ...core.checks,
    judgeDescriptors(descriptors),
    ...access,
    port,
    ...refusals,
    ...upstreams,
    ...runners.checks,
    ...tray.checks,
  ];
  const environment = { ...inputs.environment, ...environments[0]!.variables };
  return {
    checks: inOrder(checks),
    configFile: "value" in config.paths ? config.paths.value.configFile : null,
    dataDirectory: "value" in config.paths ? config.paths.value.dataDirectory : null,
    privateDirectory: "value" in dataDirectory ? dataDirectory.value : null,
    socket: channel.socket,
    secrets: [
      ...new Set([
        ...secretsOf(config.raw, environment),
        ...secretsOf(config.raw, inputs.environment),
      ]),
    ].sort((one, other) => other.length - one.length),
  };
}

function lockOf(
  inputs: Inputs,
  paths: Known<Paths>,
  dataDirectory: Known<string>,
): LockFindings {
  if ("value" in dataDirectory) {
    const found = checkLock(dataDirectory.value);
    const other = checkOtherCore(inputs, dataDirectory.value, found.isHeld);
    return { ...found, checks: [...found.checks, other] };
  }
  const { unknown } = dataDirectory;
  const path = "value" in paths ? paths.value.dataDirectory : null;
  return {
    checks: [
      ...skippedAll(["core-lock", "runtime-file"], unknown),
      // One that is not there may be a slip of the pen.
      path !== null && lookAt(path) === null
        ? checkOtherCore(inputs, path, false)
        : skipped("other-core", unknown),
    ],
    isHeld: false,
    running: { unknown },
  };
}

function storage(
  { settings, paths }: ConfigFindings,
  dataDirectory: Known<string>,
  socket: string | null,
  system: System,
): Check[] {
  const logs = "value" in settings && "value" in paths
    ? checkLogs(
      settings.value.config.logging.log_dir ?? paths.value.logDirectory,
      settings.value.config.logging.enable_file,
    )
    : skipped("log-directory", "unknown" in settings ? settings.unknown : "");
  if ("unknown" in dataDirectory) {
    return [logs, ...skippedAll(["file-system", "disk-space"], dataDirectory.unknown)];
  }
  const folder = dataDirectory.value;
  return [
    logs,
    checkFileSystem(folder, socket?.startsWith(`${folder}/`) ?? false),
    spaceOf(folder, system),
  ];
}

function spaceOf(folder: string, system: System): Check {
  try {
    return judgeSpace(folder, system.freeBytes(folder));
  } catch (error) {
    return failure("disk-space", `${folder}: ${messageOf(error)}`, "Look at the disk.");
  }
}

function of<Whole, Part>(known: Known<Whole>, part: (whole: Whole) => Part): Known<Part> {
  return "value" in known ? { value: part(known.value) } : known;
}

function skippedAll(ids: readonly CheckId[], reason: string): Check[] {
  return ids.map((id) => skipped(id, reason));
}

function inOrder(checks: readonly Check[]): Check[] {
  const ids = Object.keys(catalogue);
  return checks.toSorted((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
}
