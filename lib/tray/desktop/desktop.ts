/** What the tray asks of a desktop. One implementation a platform; the rest of the tray knows only this. */

/** A line of the menu. `id` names it in clicks and stays the same while the menu changes. */
export interface MenuItem {
  id: string;
  label?: string;
  /** A line between groups; it has no label and is never clicked. */
  separator?: boolean;
  /** Present for an item with a checkmark. */
  checked?: boolean;
  /** False: shown, but grey. */
  enabled?: boolean;
  /** A submenu. */
  items?: MenuItem[];
}

/** What the icon says: the core runs; something is under way; a person is needed; nothing runs. */
export type IconName = "running" | "busy" | "attention" | "stopped";

/** All that is to be seen of the tray at one moment. */
export interface TrayView {
  icon: IconName;
  /** One line, shown when the pointer rests on the icon. */
  tooltip: string;
  menu: MenuItem[];
}

/** A message that a person should see now. */
export interface Notice {
  /** One of the same id replaces the former. */
  id: string;
  title: string;
  body: string;
  urgency: "normal" | "critical";
}

/** A desktop with, maybe, a place for an icon. */
export interface Desktop {
  /** Shows this view in place of the former; cheap to call often, only what differs is sent. */
  show(view: TrayView): void;
  /** Shows a message; silently nothing where the desktop has no such service. */
  notify(notice: Notice): Promise<void>;
  /**
   * Opens a file, folder or URL with the program that the user has for it.
   * @param target an absolute path or a web address @param line of a file, from 1, where the program can be told
   * @throws {UserError} if there is none
   */
  open(target: string, line?: number): Promise<void>;
  /** Puts text on the clipboard. @throws {UserError} if the desktop offers no way, with the text in `next` */
  copy(text: string): Promise<void>;
  /** Takes the icon away and lets go of the desktop. */
  close(): Promise<void>;
}

/** What a desktop tells the tray. */
export interface DesktopListener {
  /** An item was clicked. */
  onClick(id: string): void;
  /** A place for icons appeared (true) or went (false); called first when it is known. */
  onHost(present: boolean): void;
}
