/** A panel without a screen: org.kde.StatusNotifierWatcher, and the questions that a panel asks an icon. */
import { type Bus, connectBus } from "../../lib/tray/desktop/bus.ts";
import { method } from "../../lib/tray/desktop/bus_interface.ts";
import { until } from "../support/until.ts";

const daemon = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};
const watcherName = "org.kde.StatusNotifierWatcher";
const watcherPath = "/StatusNotifierWatcher";
const itemPath = "/StatusNotifierItem";
const itemInterface = "org.kde.StatusNotifierItem";
const menuPath = "/MenuBar";
const menuInterface = "com.canonical.dbusmenu";

/** A signal of an icon or its menu. */
export type Signal = [member: string, ...values: unknown[]];

/** How a panel behaves. */
export interface FakePanelOptions {
  /** False for a watcher that has no place for icons (yet). */
  showsIcons?: boolean;
  /** True for one that takes none. */
  refuses?: boolean;
}

/** A panel; `await using` ends it. */
export class FakePanel implements AsyncDisposable {
  /** Bus names of the icons that registered, in their order. */
  readonly registered: string[] = [];
  /** All signals of icons and menus since the panel started. */
  readonly signals: Signal[] = [];
  readonly bus: Bus;
  readonly options: FakePanelOptions;

  private constructor(bus: Bus, options: FakePanelOptions) {
    this.bus = bus;
    this.options = options;
  }

  /** Starts one. @param socket of the bus */
  static async start(socket: string, options: FakePanelOptions = {}): Promise<FakePanel> {
    const panel = new FakePanel(await connectBus(socket), options);
    await panel.#start();
    return panel;
  }

  /** Waits for an icon. @returns its bus name */
  async icon(): Promise<string> {
    return await until(() => this.registered.at(-1), "an icon registers");
  }

  /** All properties of the latest icon. */
  async itemProperties(): Promise<Record<string, unknown>> {
    const object = { path: itemPath, interface: "org.freedesktop.DBus.Properties" };
    const destination = await this.icon();
    const [all] = await this.bus.call({ destination, ...object }, "GetAll", "s", [itemInterface]);
    return all as Record<string, unknown>;
  }

  /** Calls a method of the latest icon's menu. */
  async menu(member: string, signature: string, ...body: unknown[]): Promise<unknown[]> {
    const object = { path: menuPath, interface: menuInterface };
    return await this.bus.call(
      { destination: await this.icon(), ...object },
      member,
      signature,
      body,
    );
  }

  /** Says that there is a place for icons now, or none. */
  changeShowsIcons(shows: boolean): void {
    this.options.showsIcons = shows;
    const member = `StatusNotifierHost${shows ? "Registered" : "Unregistered"}`;
    this.bus.emit(watcherPath, watcherName, member, "", []);
  }

  /** Waits until these signals came since the last time. The bus keeps their order, so no other can be under way. */
  async told(...signals: Signal[]): Promise<void> {
    await until(() => this.signals.length >= signals.length, `${signals.length} signals`);
    // What was sent before the answer came before the answer.
    await this.menu("AboutToShow", "i", 0);
    const came = JSON.stringify(this.signals.splice(0));
    const wanted = JSON.stringify(signals);
    if (came !== wanted) throw new Error(`signals were ${came}, not ${wanted}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus.close();
  }

  async #start(): Promise<void> {
    this.bus.offer(watcherPath, {
      name: watcherName,
      properties: {
        IsStatusNotifierHostRegistered: { type: "b", get: () => this.options.showsIcons ?? true },
      },
      methods: {
        RegisterStatusNotifierItem: method<[string]>({ service: "s" }, {}, (service) => {
          if (this.options.refuses) throw new Error("no room");
          this.registered.push(service);
          return [];
        }),
      },
      signals: { StatusNotifierHostRegistered: {}, StatusNotifierHostUnregistered: {} },
    });
    const members = {
      [itemInterface]: ["NewIcon", "NewAttentionIcon", "NewStatus", "NewToolTip"],
      [menuInterface]: ["LayoutUpdated", "ItemsPropertiesUpdated"],
    };
    for (const [name, all] of Object.entries(members)) {
      const path = name === itemInterface ? itemPath : menuPath;
      for (const member of all) {
        await this.bus.listen(
          { path, interface: name, member },
          (body) => this.signals.push([member, ...body]),
        );
      }
    }
    await this.bus.call(daemon, "RequestName", "su", [watcherName, 0]);
  }
}
