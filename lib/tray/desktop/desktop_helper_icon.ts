/** One helper's icon and menu, from its start to its end. */
import type { IconName, TrayView } from "./desktop.ts";
import { changedItems, type HelperMenu, helperMenu } from "./desktop_helper_menu.ts";
import { type Helper, startHelper } from "./desktop_helper_process.ts";
import { oneLine } from "./text.ts";

/** What differs between the platforms in what a helper is told. */
export interface HelperStyle {
  /** The icons, in the format of this platform. */
  icons: Readonly<Record<IconName, Uint8Array>>;
  /** Escapes what means something in a label. */
  escapeLabel(label: string): string;
}

/** Characters; Windows has room for 127 UTF-16 units. */
const tooltipLimit = 63;
/** Milliseconds in which nobody can have meant what an item has just become. */
const surprise = 500;

/** An icon with its menu. */
export class HelperIcon {
  readonly #helper: Helper;
  readonly #style: HelperStyle;
  readonly #since = performance.now();
  #icon: IconName;
  #tooltip: string;
  #menu: HelperMenu;
  /** When an item, by its number, was last given another meaning. */
  readonly #changed = new Map<number, number>();

  private constructor(helper: Helper, style: HelperStyle, view: TrayView, menu: HelperMenu) {
    this.#helper = helper;
    this.#style = style;
    this.#icon = view.icon;
    this.#tooltip = oneLine(view.tooltip, tooltipLimit);
    this.#menu = menu;
    helper.send({ ...this.#head(), items: menu.items });
  }

  /**
   * Starts a helper and has it show a view.
   * @param command that starts it
   * @param onClick told the id of an item that was clicked
   * @throws an Error if the helper does not start
   */
  static async show(
    view: TrayView,
    command: readonly string[],
    style: HelperStyle,
    onClick: (id: string) => void,
  ): Promise<HelperIcon> {
    const menu = helperMenu(view.menu, style.escapeLabel);
    const helper = await startHelper(command, (number) => {
      const id = icon.#clicked(number);
      if (id !== undefined) onClick(id);
    });
    const icon = new HelperIcon(helper, style, view, menu);
    return icon;
  }

  /** Milliseconds since it was first shown. */
  get age(): number {
    return performance.now() - this.#since;
  }

  /** Resolves when it has gone, whoever ended it. */
  get ended(): Promise<void> {
    return this.#helper.ended;
  }

  /** Shows another view. @returns false, and nothing changes, if that takes another helper */
  update(view: TrayView): boolean {
    const former = this.#menu;
    const menu = helperMenu(view.menu, this.#style.escapeLabel);
    if (menu.shape !== former.shape) return false;
    for (const [number, id] of menu.ids) {
      if (former.ids.get(number) !== id) this.#changed.set(number, performance.now());
    }
    this.#menu = menu;
    for (const item of changedItems(former, menu)) {
      this.#helper.send({ type: "update-item", item, seq_id: -1 }); // by its `__id`
    }
    const tooltip = oneLine(view.tooltip, tooltipLimit);
    if (view.icon !== this.#icon || tooltip !== this.#tooltip) {
      this.#icon = view.icon;
      this.#tooltip = tooltip;
      this.#helper.send({ type: "update-menu", menu: { ...this.#head(), items: [] } });
    }
    return true;
  }

  /** Takes it away. */
  end(): Promise<void> {
    return this.#helper.end();
  }

  #head(): object {
    const icon = this.#style.icons[this.#icon].toBase64();
    return { icon, title: "", tooltip: this.#tooltip, isTemplateIcon: false };
  }

  #clicked(number: number): string | undefined {
    const changed = this.#changed.get(number);
    const isMeant = changed === undefined || performance.now() - changed > surprise;
    return isMeant ? this.#menu.ids.get(number) : undefined;
  }
}
