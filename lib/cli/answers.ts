/**
 * What each command answers with `--output json`: the promise to programs, of which docs/cli.md is made and against which
 * the tests hold what comes. Fields may be added, never renamed or taken away. The commands need but the types.
 */
import { z } from "@hono/zod-openapi";
import * as servers from "../http/contracts/servers.ts";
import * as shutdown from "../http/contracts/shutdown.ts";
import * as status from "../http/contracts/status.ts";
import * as tools from "../http/contracts/tools.ts";

const Status = z.object({
  transport: z.object({ kind: z.enum(["unix", "pipe", "tcp"]), address: z.string() }),
  info: status.Info,
  status: status.Status,
  servers: z.array(servers.Server),
});

const Version = z.object({
  version: z.string(),
  commit: z.string().nullable(),
  deno: z.string(),
  target: z.string(),
});

const Update = z.object({
  version: z.string(),
  latest: z.string(),
  newer: z.boolean(),
  install: z.string().nullable(),
});

const Stop = shutdown.Shutdown.extend({ stopped: z.literal(true) });

const UpstreamList = z.object({ servers: z.array(servers.Server), stats: status.ServerStats });

const UpstreamChange = z.object({
  server: z.string(),
  action: z.enum(["add", "remove", "enable", "disable", "restart"]),
});

const UpstreamDetails = z.object({
  server: servers.Server,
  config: z.record(z.string(), z.unknown()),
  tools: z.array(servers.ServerTool),
  logs: z.array(z.string()),
});

const LogLine = z.object({ server_name: z.string(), line: z.string() });

const Event = z.object({ type: z.string(), data: z.unknown() });

const ConfigPath = z.object({
  config_file: z.string(),
  exists: z.boolean(),
  data_directory: z.string(),
  log_directory: z.string(),
});

const ConfigIssue = z.object({
  line: z.int().nullable(),
  column: z.int().nullable(),
  field: z.string(),
  message: z.string(),
});

const ConfigCheck = z.object({
  config_file: z.string(),
  valid: z.boolean(),
  issues: z.array(ConfigIssue),
  warnings: z.array(z.string()),
});

const ConfigShow = z.object({
  source: z.enum(["core", "file"]),
  config_file: z.string(),
  config: z.record(z.string(), z.unknown()),
});

const ClientList = z.object({
  clients: z.array(z.object({
    client: z.string(),
    title: z.string(),
    installed: z.boolean(),
    connected: z.boolean(),
    current: z.boolean().openapi({
      description: "Whether its entry is the one that connect would write.",
    }),
    file: z.string(),
    problem: z.string().nullable(),
  })),
});

const ClientChange = z.object({
  client: z.string(),
  file: z.string(),
  action: z.enum(["connected", "updated", "replaced", "disconnected", "unchanged"]),
  dry_run: z.boolean(),
  backup: z.string().nullable(),
  diff: z.string().nullable(),
});

const Import = z.object({
  dry_run: z.boolean(),
  servers: z.array(z.object({
    client: z.string(),
    name: z.string(),
    as: z.string().nullable(),
    action: z.enum(["add", "added", "present", "skip", "failed"]),
    reason: z.string().nullable(),
    server: z.record(z.string(), z.unknown()).nullable(),
  })),
  problems: z.array(z.object({ client: z.string(), problem: z.string() })),
});

export type UpstreamList = z.infer<typeof UpstreamList>;
export type UpstreamChange = z.infer<typeof UpstreamChange>;
export type UpstreamDetails = z.infer<typeof UpstreamDetails>;
export type UpstreamLogs = z.infer<typeof servers.ServerLogs>;
export type ToolList = z.infer<typeof tools.ToolList>;
export type VersionAnswer = z.infer<typeof Version>;
export type UpdateAnswer = z.infer<typeof Update>;
export type StopAnswer = z.infer<typeof Stop>;
export type ConfigPath = z.infer<typeof ConfigPath>;
export type ConfigCheck = z.infer<typeof ConfigCheck>;
export type ConfigShow = z.infer<typeof ConfigShow>;
export type ClientList = z.infer<typeof ClientList>;
export type ClientChange = z.infer<typeof ClientChange>;
export type ImportAnswer = z.infer<typeof Import>;

/** Parts that more than one answer has, by name. */
export const shapes: Readonly<Record<string, z.ZodType>> = {
  Info: status.Info,
  Status: status.Status,
  ServerStats: status.ServerStats,
  Server: servers.Server,
  Health: servers.Health,
  ServerTool: servers.ServerTool,
};

/** One command's answer. */
export interface Answer {
  schema: z.ZodType;
  /** True if one such object comes a line, for as long as the command runs. */
  isStream?: boolean;
}

/** The answers by command, as it is typed. */
export const answers: Readonly<Record<string, Answer>> = {
  "status": { schema: Status },
  "stop": { schema: Stop },
  "version": { schema: Version },
  "update": { schema: Update },
  "upstream list": { schema: UpstreamList },
  "upstream add": { schema: UpstreamChange },
  "upstream remove": { schema: UpstreamChange },
  "upstream enable": { schema: UpstreamChange },
  "upstream disable": { schema: UpstreamChange },
  "upstream restart": { schema: UpstreamChange },
  "upstream logs": { schema: servers.ServerLogs },
  "upstream logs --follow": { schema: LogLine, isStream: true },
  "upstream inspect": { schema: UpstreamDetails },
  "tools list": { schema: tools.ToolList },
  "tools search": { schema: tools.ToolSearchResult },
  "tools show": { schema: servers.ServerTool },
  "tools call": { schema: tools.CallResult },
  "events": { schema: Event, isStream: true },
  "connect": { schema: ClientChange },
  "connect --list": { schema: ClientList },
  "disconnect": { schema: ClientChange },
  "import": { schema: Import },
  "config path": { schema: ConfigPath },
  "config validate": { schema: ConfigCheck },
  "config show": { schema: ConfigShow },
};
