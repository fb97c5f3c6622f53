/** The real tray program in a real panel, its menu read as the panel reads it, and the core that it has started. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { iconColors } from "../../../scripts/draw_icons.ts";
import type { Channel } from "../../../lib/ipc/channel.ts";
import { openUnixChannel } from "../../../lib/ipc/channel_unix.ts";
import { type Bus, connectBus } from "../../../lib/tray/desktop/bus.ts";
import type { IconName, MenuItem } from "../../../lib/tray/desktop/desktop.ts";
import { sessionBusSockets } from "../../../lib/tray/desktop/session_bus.ts";
import type { Child } from "../../support/child.ts";
import { loggedChild } from "../../support/logged_child.ts";
import { type Area, areaOf, type Panel } from "../../support/panel.ts";
import { mcpproxyTray, type Sandbox } from "../../support/sandbox.ts";
import { until } from "../../support/until.ts";
import { mark } from "./processes.ts";

/** An entry of com.canonical.dbusmenu. */
type Layout = [number: number, properties: Record<string, unknown>, children: Layout[]];

/** A tray; `await using` ends it, and the core that it has started. */
export class TrayInPanel implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly #panel: Panel;
  readonly #bus: Bus;
  readonly #process: Child;
  readonly #mark: ReturnType<typeof mark>;
  #channel: Channel | undefined;

  private constructor(
    panel: Panel,
    sandbox: Sandbox,
    bus: Bus,
    marked: ReturnType<typeof mark>,
    env: Record<string, string>,
  ) {
    this.sandbox = sandbox;
    this.#panel = panel;
    this.#bus = bus;
    this.#mark = marked;
    this.#process = loggedChild(
      [...mcpproxyTray, "--data-dir", sandbox.dataDir],
      sandbox.environment(env),
      join(sandbox.folder, "tray.err"),
    );
  }

  /**
   * Starts the program; it may take a moment until its icon is there.
   * @param env variables in place of the panel's
   */
  static async start(
    panel: Panel,
    sandbox: Sandbox,
    env: Record<string, string> = {},
  ): Promise<TrayInPanel> {
    const [socket] = sessionBusSockets(panel.environment["DBUS_SESSION_BUS_ADDRESS"], undefined);
    const marked = mark();
    return new TrayInPanel(panel, sandbox, await connectBus(socket!), marked, {
      ...panel.environment,
      ...marked.variable,
      HOME: sandbox.home,
      SHELL: "", // a login shell would put the user's own folders before those of a test
      ...env,
    });
  }

  /** Every process that has come from the tray, itself included, and still lives; not the servers of its core. */
  processes(): number[] {
    return this.#mark.processes();
  }

  /** What it has logged so far, for whoever looks into a failure. */
  log(): string {
    return Deno.readTextFileSync(join(this.sandbox.folder, "tray.err"));
  }

  /** The core's process id, as its runtime file tells it. */
  get corePid(): number {
    const path = join(this.sandbox.dataDir, "runtime.json");
    return JSON.parse(Deno.readTextFileSync(path)).pid;
  }

  /** The `data` of an answer of the core's API. */
  // deno-lint-ignore no-explicit-any -- JSON of another process, of which each test looks at what it is about
  async api(path: string): Promise<any> {
    this.#channel ??= openUnixChannel(join(this.sandbox.dataDir, "mcpproxy.sock"), "e2e/1");
    const response = await this.#channel.fetch(`/api/v1${path}`);
    const answer = await response.json();
    assert(answer.success, `${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer.data;
  }

  /** Waits for an icon with the badge of its state. @returns where it is */
  async iconIs(icon: IconName): Promise<Area> {
    const { tile, badge } = iconColors[icon];
    return await until(async () => {
      const area = await this.#panel.findIcon(tile);
      return area && areaOf(await this.#panel.screenshot(), badge, area) && area;
    }, `the panel shows the icon "${icon}"`).catch((error) => {
      throw new Error(`${error.message}\n${this.log()}`);
    });
  }

  /** The menu as the bus has it; each line's id is its label. */
  async menu(): Promise<MenuItem[]> {
    const watcher = {
      destination: "org.kde.StatusNotifierWatcher",
      path: "/StatusNotifierWatcher",
    };
    const [items] = await this.#bus.call(
      { ...watcher, interface: "org.freedesktop.DBus.Properties" },
      "Get",
      "ss",
      ["org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems"],
    );
    const destination = (items as string[])[0]!.split("/")[0]!;
    const menu = { destination, path: "/MenuBar", interface: "com.canonical.dbusmenu" };
    const [, root] = await this.#bus.call(menu, "GetLayout", "iias", [0, -1, []]);
    return itemOf(root as Layout).items!;
  }

  /** Waits for a line. @param path how its label starts, after those of the submenus that lead to it */
  async line(...path: string[]): Promise<MenuItem> {
    return await until(
      async () => this.#path(await this.menu(), path)?.at(-1),
      `the menu has ${path.join(" > ")}`,
    ).catch(async (error) => {
      const menu = Deno.inspect(await this.menu(), { depth: 4 });
      throw new Error(`${error.message}\n${menu}\n${this.log()}`);
    });
  }

  /** Waits until a line can be chosen, then opens the menu by a click and chooses it. @param path as in {@linkcode line} */
  async choose(...path: string[]): Promise<void> {
    await until(async () => (await this.line(...path)).enabled !== false, `${path} can be chosen`);
    await this.#panel.openMenu(await this.icon());
    const menu = await this.menu();
    await this.#panel.choose(menu, ...this.#path(menu, path)!.map(({ id }) => id));
  }

  /** Waits for an icon, whatever it tells. @returns where it is */
  icon(): Promise<Area> {
    return until(
      async () =>
        await this.#panel.findIcon(iconColors.running.tile) ??
          await this.#panel.findIcon(iconColors.stopped.tile),
      "there is an icon",
    );
  }

  /** Waits until the program has ended. @returns its exit code */
  async ended(): Promise<number> {
    return (await this.#process.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel?.close();
    await this.#bus.close();
    this.#process.kill("SIGTERM");
    const force = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    await this.#process.end();
    clearTimeout(force);
    for (const pid of this.processes()) Deno.kill(pid, "SIGKILL");
  }

  #path(menu: readonly MenuItem[], [first, ...rest]: string[]): MenuItem[] | null {
    const item = menu.find(({ label }) => label?.startsWith(first!));
    if (!item || rest.length === 0) return item ? [item] : null;
    const inner = this.#path(item.items ?? [], rest);
    return inner && [item, ...inner];
  }
}

function itemOf([number, properties, children]: Layout): MenuItem {
  if (properties.type === "separator") return { id: `separator/${number}`, separator: true };
  const label = String(properties.label ?? "").replaceAll("__", "_");
  return {
    id: label,
    label,
    enabled: properties.enabled !== false,
    ...properties["toggle-type"] ? { checked: properties["toggle-state"] === 1 } : {},
    ...properties["children-display"] ? { items: children.map(itemOf) } : {},
  };
}
