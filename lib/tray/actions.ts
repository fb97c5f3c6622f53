/** What a click does, as far as it is not the core's life: servers, files, the clipboard. */
import { join } from "node:path";
import type { Inputs, Paths } from "../config/paths.ts";
import { UserError } from "../errors.ts";
import type { Autostart } from "../autostart/autostart.ts";
import { stdioCommand } from "../launch/stdio_command.ts";
import type { CoreConnection, Cores } from "./cores.ts";
import type { Desktop } from "./desktop/desktop.ts";
import { endPortHolder, fixPermissions, useFreePort } from "./mend.ts";
import type { CoreSummary, TrayAction } from "./model.ts";
import type { PortHolder } from "../port_listeners.ts";

/** What an action may need. */
export interface ActionContext {
  inputs: Inputs;
  paths: Paths;
  /** Where in the config file a fault is, if that is known. */
  configLine: number | null;
  /** Who is shown to be in the way of the core's port. */
  portHolder: PortHolder | null;
  desktop: Pick<Desktop, "open" | "copy">;
  autostart: Pick<Autostart, "isEnabled" | "enable" | "disable">;
  /** The command that starts the tray. */
  trayCommand: readonly string[];
  cores: Pick<Cores, "program">;
  connection: CoreConnection | null;
  core: CoreSummary | null;
}

/** The actions that are carried out here. */
export type PlainAction = Exclude<
  TrayAction,
  { name: "start_core" | "stop_core" | "restart_core" | "quit" }
>;

/** What was done: a sentence for the user, or null where it is to be seen anyway; and whether a core may start now. */
export interface Done {
  said: string | null;
  mended?: true;
}

const logLines = 1_000;

/**
 * Carries out an action.
 * @param action what was clicked
 * @param context what it may need
 * @returns what was done
 * @throws {UserError} if it was not
 */
export async function perform(action: PlainAction, context: ActionContext): Promise<Done> {
  const { desktop, paths } = context;
  switch (action.name) {
    case "enable_server":
      await apiOf(context).enableServer(action.server);
      return { said: null };
    case "disable_server":
      await apiOf(context).disableServer(action.server);
      return { said: null };
    case "restart_server":
      await apiOf(context).restartServer(action.server);
      return { said: null };
    case "open_server_log":
      await desktop.open(await writeServerLog(action.server, context));
      return { said: null };
    case "open_dashboard":
      await desktop.open(dashboardOf(context.core));
      return { said: null };
    case "open_config":
      await desktop.open(paths.configFile, context.configLine ?? undefined);
      return { said: null };
    case "open_logs":
      await desktop.open(paths.logDirectory);
      return { said: null };
    case "copy_mcp_address":
      await desktop.copy(addressOf(context.core));
      return { said: null };
    case "copy_client_config":
      await desktop.copy(await clientConfig(context));
      return { said: "Put it into the settings of a client. It needs no key and no port." };
    case "toggle_start_at_login":
      if (await context.autostart.isEnabled()) await context.autostart.disable();
      else await context.autostart.enable(context.trayCommand);
      return { said: null };
    case "end_port_holder":
      await endPortHolder(context.inputs, context.portHolder);
      return { said: null, mended: true };
    case "use_free_port":
      return {
        said: `The core listens on ${await useFreePort(context.inputs)} now.`,
        mended: true,
      };
    case "fix_permissions": {
      const done = fixPermissions(paths);
      return { said: done.join("\n") || "There was nothing to mend.", mended: true };
    }
  }
}

function apiOf({ connection }: ActionContext): CoreConnection["api"] {
  if (connection) return connection.api;
  throw new UserError("There is no connection to the core just now.", { next: "Try again later." });
}

/** The core keeps the lines of servers in memory; a file is what a desktop can show. */
async function writeServerLog(server: string, context: ActionContext): Promise<string> {
  const lines = await apiOf(context).serverLogs(server, logLines);
  const path = join(
    context.paths.logDirectory,
    `server-${server.replace(/[^\w.-]/g, "_").slice(0, 100)}.log`,
  );
  const text = lines.length === 0
    ? `${server} has written nothing yet.\n`
    : `${lines.join("\n")}\n`;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return path;
}

function dashboardOf(core: CoreSummary | null): string {
  if (core?.web_ui_url) return core.web_ui_url;
  throw new UserError("This core has no dashboard.");
}

function addressOf(core: CoreSummary | null): string {
  if (core?.listen_addr) return `http://${core.listen_addr}/mcp`;
  throw new UserError("No core is connected, so its address is not known.");
}

/** For clients that start a program and speak with it: ours carries what they say over the private channel. */
async function clientConfig({ cores, inputs }: ActionContext): Promise<string> {
  const server = stdioCommand(await cores.program(), inputs);
  return `${JSON.stringify({ mcpServers: { mcpproxy: server } }, null, 2)}\n`;
}
