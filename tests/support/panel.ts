/**
 * A real desktop panel on a screen that nobody sees: Xvfb, a session bus, openbox and xfce4-panel with its place for icons.
 * Its home is a throwaway folder, so nothing of the user's is touched. `await using` ends every process of it.
 */
import { join } from "node:path";
import { decode } from "fast-png";
import type { MenuItem } from "../../lib/tray/desktop/desktop.ts";
import type { Child } from "./child.ts";
import { loggedChild } from "./logged_child.ts";
import { MessageBus } from "./message_bus.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary_folder.ts";
import { pause, until } from "./until.ts";

/** What a test that uses a panel needs: packages xvfb, dbus, openbox, xfce4-panel, xdotool, imagemagick. */
export const panelPrograms = [
  "Xvfb",
  "dbus-daemon",
  "openbox",
  "xfce4-panel",
  "xdotool",
  "import",
];

/** A picture of the screen. */
export interface Screenshot {
  width: number;
  height: number;
  /** Red, green, blue of the pixel. */
  at(x: number, y: number): Color;
}

/** Red, green, blue, 0 to 255. */
export type Color = readonly [number, number, number];

/** A part of the screen, in pixels from its upper left corner. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Of the marked line of a menu, in GTK's theme Adwaita, light and dark. */
const markColors: readonly Color[] = [[53, 132, 228], [21, 83, 158]];

/** A left click on an item opens its menu only if the item asks for that: `menu-is-primary` is false. */
const panelSettings = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="icon-size" type="uint" value="24"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-2" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="menu-is-primary" type="bool" value="false"/>
    </property>
  </property>
</channel>
`;

/** The desktop; the panel itself comes with {@linkcode startPanel}. */
export class Panel implements AsyncDisposable {
  /** The variables of its session. */
  readonly environment: Record<string, string>;
  readonly #folder: TemporaryFolder;
  readonly #stack: AsyncDisposableStack;
  #panel: Child | null = null;

  private constructor(
    folder: TemporaryFolder,
    stack: AsyncDisposableStack,
    environment: Record<string, string>,
  ) {
    this.#folder = folder;
    this.#stack = stack;
    this.environment = environment;
  }

  /** Starts everything but the panel. @param screen its size in pixels */
  static async start(screen = "800x600"): Promise<Panel> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(temporaryFolder());
    const environment = await homeIn(folder.path);
    const log = join(folder.path, "log");
    // "-displayfd" lets the server find a number that is free.
    const server = [
      ...["Xvfb", "-displayfd", "1", "-screen", "0", `${screen}x24`],
      ...["-nolisten", "tcp", "-noreset"],
    ];
    const display = stack.use(loggedChild(server, environment, log));
    environment["DISPLAY"] = `:${await display.line(/^\d+$/)}`;
    const bus = stack.use(
      await MessageBus.start({ startsServices: true, env: { ...environment } }),
    );
    environment["DBUS_SESSION_BUS_ADDRESS"] = bus.address;
    stack.use(loggedChild(["openbox"], environment, log));
    return new Panel(folder, stack.move(), environment);
  }

  /** Starts the panel. */
  startPanel(): void {
    const log = join(this.#folder.path, "log");
    const environment = { ...this.environment, NO_AT_BRIDGE: "1" };
    this.#panel = loggedChild(["xfce4-panel", "--disable-wm-check"], environment, log);
  }

  /** Ends the panel, as a crash would. */
  async stopPanel(): Promise<void> {
    // Its plugins are processes of their own, which end when they lose it.
    await this.#panel?.[Symbol.asyncDispose]();
    this.#panel = null;
  }

  /** Takes a picture of the screen. @param path where to keep it as a PNG file, for whoever looks into a failure */
  async screenshot(path?: string): Promise<Screenshot> {
    const png = await this.#run("import", "-window", "root", "-depth", "8", "png24:-");
    if (path) await Deno.writeFile(path, png);
    const { width, height, data, channels } = decode(png);
    return {
      width,
      height,
      at: (x, y) => {
        const start = (y * width + x) * channels;
        return [data[start]!, data[start + 1]!, data[start + 2]!];
      },
    };
  }

  /**
   * Looks for an icon.
   * @param color of most of it
   * @returns where it is; null if there is none
   */
  async findIcon(color: Color): Promise<Area | null> {
    const area = areaOf(await this.screenshot(), color);
    // A few pixels may have the colour by chance.
    return area && area.width >= 12 && area.height >= 12 ? area : null;
  }

  /** Moves the pointer. */
  async point(x: number, y: number): Promise<void> {
    await this.#run("xdotool", "mousemove", `${x}`, `${y}`);
  }

  /** Clicks with the left button. */
  async click(x: number, y: number): Promise<void> {
    await this.#run("xdotool", "mousemove", `${x}`, `${y}`, "click", "1");
  }

  /** Presses keys, one after the other, as xdotool names them. */
  async press(...keys: string[]): Promise<void> {
    // Menus of GTK drop a key that comes while they still react to the one before.
    if (keys.length > 0) await this.#run("xdotool", "key", "--delay", "60", ...keys);
  }

  /** Opens the menu of an icon by a click. @returns where the menu is */
  async openMenu(icon: Area): Promise<Area> {
    await this.click(icon.left + (icon.width >> 1), icon.top + (icon.height >> 1));
    const menu = await until(async () => (await this.#menus())[0], "the menu is open");
    await pause(200); // GTK takes no keys before it has drawn it
    return menu;
  }

  /** Closes the menu without a choice. */
  async closeMenu(): Promise<void> {
    await until(async () => {
      if ((await this.#menus()).length === 0) return true;
      await this.press("Escape");
    }, "the menu is closed");
  }

  /**
   * Chooses a line of the open menu: the keyboard leads to it, and a click of the mouse chooses it.
   * @param menu as it is shown
   * @param ids of the line, after those of the submenus that lead to it
   */
  async choose(menu: readonly MenuItem[], ...ids: string[]): Promise<void> {
    const keys: string[] = [];
    let level: readonly MenuItem[] = menu;
    for (const [depth, id] of ids.entries()) {
      // The keyboard passes over separators and what is grey.
      const reachable = level.filter((item) => !item.separator && item.enabled !== false);
      const index = reachable.findIndex((item) => item.id === id);
      if (index < 0) throw new Error(`no line "${id}" can be chosen`);
      // Nothing is marked in a menu that has just opened; a submenu opens with its first line marked.
      keys.push(...Array(depth === 0 ? index + 1 : index).fill("Down"));
      if (depth < ids.length - 1) keys.push("Right");
      level = reachable[index]!.items ?? [];
    }
    await this.press(...keys);
    const marked = await until(async () => {
      const menu = (await this.#menus())[ids.length - 1];
      const screenshot = await this.screenshot();
      return menu && markColors.map((color) => areaOf(screenshot, color, menu)).find(Boolean);
    }, `the line "${ids.at(-1)}" is marked`);
    await until(async () => {
      if ((await this.#menus()).length === 0) return true;
      // A click so soon after the menu has opened is dropped by GTK, the next one is not.
      await this.click(marked.left + (marked.width >> 2), marked.top + (marked.height >> 1));
      await pause(100);
    }, `the line "${ids.at(-1)}" is chosen`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopPanel();
    await this.#stack.disposeAsync();
  }

  /** Windows of menus that can be seen, the latest last. */
  async #menus(): Promise<Area[]> {
    const search = ["search", "--onlyvisible", "--class", "wrapper-2.0"];
    const found = await this.#run("xdotool", ...search, "getwindowgeometry", "--shell", "%@")
      .catch(() => new Uint8Array());
    const windows = new TextDecoder().decode(found).split(/^WINDOW=/m).slice(1);
    return windows.map((text) => {
      const value = (name: string) => Number(new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1]);
      return { left: value("X"), top: value("Y"), width: value("WIDTH"), height: value("HEIGHT") };
    }).filter(({ width, height }) => width > 80 && height > 40); // the icon has a window, too
  }

  async #run(program: string, ...args: string[]): Promise<Uint8Array> {
    const options = { args, env: this.environment, clearEnv: true };
    const { success, stdout, stderr } = await new Deno.Command(program, options).output();
    if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
    return stdout;
  }
}

/**
 * The smallest area around all pixels of a colour.
 * @param within where to look; everywhere if not given
 * @returns null if there are none
 */
export function areaOf(
  screenshot: Screenshot,
  color: Color,
  within: Area = { left: 0, top: 0, width: screenshot.width, height: screenshot.height },
): Area | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (let y = within.top; y < within.top + within.height; y++) {
    for (let x = within.left; x < within.left + within.width; x++) {
      const pixel = screenshot.at(x, y);
      // Scaling an icon leaves the inside of its surfaces as it was, but for rounding.
      if (!pixel.every((value, channel) => Math.abs(value - color[channel]!) <= 4)) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

async function homeIn(folder: string): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    HOME: folder,
    PATH: Deno.env.get("PATH") ?? "",
    LANG: "C.UTF-8",
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_DATA_HOME: join(folder, "data"),
    XDG_RUNTIME_DIR: join(folder, "run"),
  };
  const settings = join(environment["XDG_CONFIG_HOME"]!, "xfce4/xfconf/xfce-perchannel-xml");
  await Deno.mkdir(settings, { recursive: true });
  await Deno.mkdir(environment["XDG_RUNTIME_DIR"]!, { mode: 0o700 });
  await Deno.writeTextFile(join(settings, "xfce4-panel.xml"), panelSettings);
  return environment;
}
