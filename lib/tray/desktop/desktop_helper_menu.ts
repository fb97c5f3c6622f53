/**
 * The menu as the helper knows it: numbered items. After its first message the helper can change items, but neither add nor
 * move any, and an item that it hides it does not show again on Windows. So a menu of another shape takes another helper.
 */
import type { MenuItem } from "./desktop.ts";
import { oneLine } from "./text.ts";

/** An item in the helper's messages. */
export interface HelperItem {
  __id: number;
  title: string;
  tooltip: string;
  enabled: boolean;
  checked: boolean;
  hidden: boolean;
  items?: HelperItem[];
}

/** A menu as the helper knows it. */
export interface HelperMenu {
  items: HelperItem[];
  /** Equal for menus that one helper can show in turn. */
  shape: string;
  /** The ids of the view's items, by number. */
  ids: ReadonlyMap<number, string>;
}

const labelLimit = 120;
const separatorTitle = "<SEPARATOR>";

/**
 * A menu for the helper. Items of equal shape have equal numbers.
 * @param menu of the view
 * @param escape for characters that mean something in a label of this platform
 */
export function helperMenu(
  menu: readonly MenuItem[],
  escape: (label: string) => string,
): HelperMenu {
  const ids = new Map<number, string>();
  let shape = "";

  const convert = (item: MenuItem, depth: number): HelperItem[] => {
    // The helper puts a separator of a submenu into the menu itself.
    if (item.separator && depth > 0) return [];
    const __id = ids.size + 1;
    ids.set(__id, item.id);
    shape += item.separator ? "-" : ".";
    const children = item.separator ? [] : item.items ?? [];
    if (children.length > 0) shape += "(";
    const items = children.flatMap((child) => convert(child, depth + 1));
    if (children.length > 0) shape += ")";
    return [{
      __id,
      title: item.separator ? separatorTitle : titleOf(item, escape),
      tooltip: "",
      enabled: item.enabled ?? true,
      checked: item.checked ?? false,
      hidden: false,
      ...items.length > 0 ? { items } : {},
    }];
  };

  const items = menu.flatMap((item) => convert(item, 0));
  return { items, shape, ids };
}

/**
 * What the helper has to be told, to show one menu in place of another of the same shape.
 * @param before what it shows
 * @param after what it shall show
 * @returns items to update, without their submenus
 */
export function changedItems(before: HelperMenu, after: HelperMenu): HelperItem[] {
  const former = new Map(flat(before.items).map((item) => [item.__id, item]));
  return flat(after.items).filter((item) => {
    const { title, enabled, checked } = former.get(item.__id)!;
    return item.title !== title || item.enabled !== enabled || item.checked !== checked;
  }).map(({ items: _, ...item }) => item);
}

function flat(items: readonly HelperItem[]): HelperItem[] {
  return items.flatMap((item) => [item, ...flat(item.items ?? [])]);
}

function titleOf({ label = "" }: MenuItem, escape: (label: string) => string): string {
  const title = escape(oneLine(label, labelLimit));
  // Whoever names a server so shall not draw lines.
  return title === separatorTitle || title === "" ? `${title} ` : title;
}
