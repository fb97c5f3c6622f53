/**
 * Ids of menu items and the actions they stand for. An id is the action's name, followed by a space and the server's name
 * where there is one, so that it means the same however often the menu changes.
 */
import type { TrayAction } from "./model.ts";

type ServerAction = Extract<TrayAction, { server: string }>;
type PlainAction = Exclude<TrayAction, ServerAction>;

const plain: Record<PlainAction["name"], true> = {
  start_core: true,
  stop_core: true,
  restart_core: true,
  open_dashboard: true,
  copy_mcp_address: true,
  copy_client_config: true,
  open_config: true,
  open_logs: true,
  toggle_start_at_login: true,
  end_port_holder: true,
  use_free_port: true,
  fix_permissions: true,
  quit: true,
};
const withServer: Record<ServerAction["name"], true> = {
  enable_server: true,
  disable_server: true,
  restart_server: true,
  open_server_log: true,
};
/** Tells the mend of a failure from the item that does the same further down. */
const mend = "mend/";

/**
 * The id of the item that does this.
 * @param action what a click on it means
 * @returns an id that {@linkcode actionOf} turns back
 */
export function idOf(action: TrayAction): string {
  return "server" in action ? `${action.name} ${action.server}` : action.name;
}

/**
 * The id of the item that does this right under the header, where a failure is explained.
 * @param action what a click on it means
 * @returns an id that {@linkcode actionOf} turns back, and that {@linkcode idOf} never gives
 */
export function mendIdOf(action: TrayAction): string {
  return mend + idOf(action);
}

/**
 * What a click means.
 * @param id of the item that was clicked
 * @returns null if the item only shows something, or there never was one of this id
 */
export function actionOf(id: string): TrayAction | null {
  const encoded = id.startsWith(mend) ? id.slice(mend.length) : id;
  const space = encoded.indexOf(" ");
  const name = space < 0 ? encoded : encoded.slice(0, space);
  if (space < 0) return isOneOf(plain, name) ? { name } : null;
  return isOneOf(withServer, name) ? { name, server: encoded.slice(space + 1) } : null;
}

function isOneOf<Name extends string>(names: Record<Name, true>, name: string): name is Name {
  return Object.hasOwn(names, name);
}
