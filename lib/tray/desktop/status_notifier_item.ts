/**
 * The icon on the bus: org.kde.StatusNotifierItem (freedesktop.org's StatusNotifierItem specification, in the form that KDE
 * and every panel after it speak).
 */
import type { Bus } from "./bus.ts";
import type { OfferedInterface } from "./bus_interface.ts";
import type { IconName } from "./desktop.ts";
import type { Pictures } from "./pictures.ts";
import { oneLine } from "./text.ts";

const interfaceName = "org.kde.StatusNotifierItem";
/** Where a panel looks for the item of a process that gives its bus name. */
const itemPath = "/StatusNotifierItem";
const title = "mcpproxy";
const tooltipLimit = 200;

type Pixmap = [width: number, height: number, argb: Uint8Array];

/** An icon that panels can show. */
export class StatusNotifierItem {
  readonly #pictures: Pictures;
  readonly #menuPath: string;
  #icon: IconName = "stopped";
  #tooltip = title;
  #bus: Bus | null = null;

  /** @param menuPath of the menu that a click opens */
  constructor(pictures: Pictures, menuPath: string) {
    this.#pictures = pictures;
    this.#menuPath = menuPath;
  }

  /** Offers the icon on this bus from now on. */
  offerOn(bus: Bus): void {
    this.#bus = bus;
    bus.offer(itemPath, this.#interface());
  }

  /** Shows another icon or tooltip; panels are told what differs. */
  show(icon: IconName, tooltip: string): void {
    const line = oneLine(tooltip, tooltipLimit);
    const former = { icon: this.#icon, status: this.#status(), tooltip: this.#tooltip };
    this.#icon = icon;
    this.#tooltip = line;
    if (icon !== former.icon) this.#emit("NewIcon");
    if (this.#status() !== former.status) {
      this.#emit("NewAttentionIcon");
      this.#emit("NewStatus", "s", [this.#status()]);
    }
    if (line !== former.tooltip) this.#emit("NewToolTip");
  }

  #status(): "Active" | "NeedsAttention" {
    return this.#icon === "attention" ? "NeedsAttention" : "Active";
  }

  #pixmaps(): Pixmap[] {
    return this.#pictures[this.#icon].map(({ size, argb }) => [size, size, argb]);
  }

  #emit(member: string, signature = "", body: unknown[] = []): void {
    this.#bus?.emit(itemPath, interfaceName, member, signature, body);
  }

  #interface(): OfferedInterface {
    const text = (value: string) => ({ type: "s", get: () => value });
    const pixmaps = (get: () => Pixmap[]) => ({ type: "a(iiay)", get });
    return {
      name: interfaceName,
      properties: {
        Category: text("ApplicationStatus"),
        Id: text(title),
        Title: text(title),
        Status: { type: "s", get: () => this.#status() },
        WindowId: { type: "i", get: () => 0 },
        IconName: text(""),
        IconThemePath: text(""),
        IconPixmap: pixmaps(() => this.#pixmaps()),
        OverlayIconName: text(""),
        OverlayIconPixmap: pixmaps(() => []),
        AttentionIconName: text(""),
        // Only while it is meant: xfce4-panel 4.18 shows this icon whatever the status, if there is one.
        AttentionIconPixmap: pixmaps(() => this.#icon === "attention" ? this.#pixmaps() : []),
        AttentionMovieName: text(""),
        // The line is the title of the tooltip: panels show that as it is, but read markup in the text under it.
        ToolTip: { type: "(sa(iiay)ss)", get: () => ["", [], this.#tooltip, ""] },
        // True, and no Activate among the methods: a left click opens the menu. Panels that ask for neither open it when
        // Activate fails.
        ItemIsMenu: { type: "b", get: () => true },
        Menu: { type: "o", get: () => this.#menuPath },
      },
      methods: {},
      signals: {
        NewIcon: {},
        NewAttentionIcon: {},
        NewToolTip: {},
        NewStatus: { status: "s" },
      },
    };
  }
}
