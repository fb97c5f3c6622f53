/** Messages by org.freedesktop.Notifications (Desktop Notifications Specification 1.2). */
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { type Bus, type RemoteObject, Variant } from "./bus.ts";
import type { Notice } from "./desktop.ts";
import type { Picture, Pictures } from "./pictures.ts";
import { lines, oneLine } from "./text.ts";

const log = logger("tray");
const service: RemoteObject = {
  destination: "org.freedesktop.Notifications",
  path: "/org/freedesktop/Notifications",
  interface: "org.freedesktop.Notifications",
};
const urgencies = { normal: 1, critical: 2 };
const titleLimit = 100;
const bodyLimit = 1_000;
/** Lets the desktop decide how long it shows a message. */
const standardTime = -1;

/** Shows messages on one desktop. */
export class Notifications {
  readonly #pictures: Pictures;
  #bus: Bus | null = null;
  /** The number that the desktop gave to the latest message of each id; 0 for none. */
  #shown = new Map<string, Promise<number>>();

  /** @param pictures of which each message carries one */
  constructor(pictures: Pictures) {
    this.#pictures = pictures;
  }

  /** Shows messages through this bus from now on. */
  showOn(bus: Bus | null): void {
    this.#bus = bus;
    this.#shown = new Map();
  }

  /** Shows a message in place of the former of its id. Resolves when the desktop has taken it, or cannot. */
  async show(notice: Notice): Promise<void> {
    const bus = this.#bus;
    if (!bus) return;
    const former = this.#shown.get(notice.id) ?? Promise.resolve(0);
    const shown = former.then((number) => this.#send(bus, notice, number));
    this.#shown.set(notice.id, shown);
    await shown;
  }

  async #send(bus: Bus, notice: Notice, former: number): Promise<number> {
    const picture = this.#pictures[notice.urgency === "critical" ? "attention" : "running"].at(-1)!;
    try {
      const [number] = await bus.call(service, "Notify", "susssasa{sv}i", [
        "mcpproxy",
        former,
        "",
        oneLine(notice.title, titleLimit),
        escaped(lines(notice.body, bodyLimit)),
        [],
        {
          urgency: new Variant("y", urgencies[notice.urgency]),
          "image-data": new Variant("(iiibiiay)", imageData(picture)),
        },
        standardTime,
      ]);
      return Number(number);
    } catch (error) {
      log.debug("no notification: {reason}", { reason: messageOf(error) });
      return 0;
    }
  }
}

function imageData({ size, rgba }: Picture): unknown[] {
  const channels = 4;
  return [size, size, size * channels, true, 8, channels, rgba];
}

/** The body, and only the body, is markup. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
