/** Messages by org.freedesktop.Notifications. */
import assert from "node:assert/strict";
import { type Bus, connectBus } from "../../lib/tray/desktop/bus.ts";
import { method } from "../../lib/tray/desktop/bus_interface.ts";
import type { Notice } from "../../lib/tray/desktop/desktop.ts";
import { MessageBus } from "../support/message_bus.ts";
import { testWithPrograms } from "../support/programs.ts";
import { DesktopSession } from "./desktop_session.ts";

const name = "org.freedesktop.Notifications";
const notice: Notice = { id: "core", title: "Title", body: "Body", urgency: "normal" };

interface Shown {
  replaces: number;
  title: string;
  body: string;
  hints: Record<string, unknown>;
}

testWithPrograms("a message is shown as plain text, with an icon", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using service = await FakeService.start(bus.socket);
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  await session.desktop.notify({
    id: "core",
    title: "Port <8080> is\nin use",
    body: `<a href="file:///">a & b</a>\nsecond line${"!".repeat(2_000)}`,
    urgency: "critical",
  });
  const { title, body, hints } = service.shown[0]!;
  assert.equal(title, "Port <8080> is in use");
  assert(body.startsWith(`&lt;a href="file:///"&gt;a &amp; b&lt;/a&gt;\nsecond line!`));
  assert(body.length < 1_100 && body.endsWith("!…"));
  assert.equal(hints["urgency"], 2);
  const [width, height, stride, hasAlpha, bits, channels, data] = hints["image-data"] as number[];
  assert.deepEqual(
    [width, height, stride, hasAlpha, bits, channels],
    [48, 48, 192, true, 8, 4],
  );
  assert.equal((data as unknown as Uint8Array).length, 48 * 48 * 4);

  await session.desktop.notify(notice);
  assert.equal(service.shown[1]!.hints["urgency"], 1);
});

testWithPrograms("a message takes the place of the one with its id", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using service = await FakeService.start(bus.socket);
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  // All at once: each has to wait for the number of the one before.
  await Promise.all(
    ["one", "two", "three"].map((body) => session.desktop.notify({ ...notice, body })),
  );
  await session.desktop.notify({ ...notice, id: "other" });
  await session.desktop.notify({ ...notice, body: "four" });
  assert.deepEqual(
    service.shown.map(({ body, replaces }) => [body, replaces]),
    [["one", 0], ["two", 1], ["three", 1], ["Body", 0], ["four", 1]],
  );
});

testWithPrograms("a desktop without messages is no error", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  await session.desktop.notify(notice);
  await using service = await FakeService.start(bus.socket);
  service.refuses = true;
  await session.desktop.notify(notice);
  service.refuses = false;
  await session.desktop.notify(notice);
  assert.deepEqual(service.shown.map(({ replaces }) => replaces), [0]);
});

/** A desktop's message service. */
class FakeService implements AsyncDisposable {
  readonly shown: Shown[] = [];
  refuses = false;
  readonly #bus: Bus;

  private constructor(bus: Bus) {
    this.#bus = bus;
  }

  static async start(socket: string): Promise<FakeService> {
    const bus = await connectBus(socket);
    const service = new FakeService(bus);
    bus.offer("/org/freedesktop/Notifications", {
      name,
      properties: {},
      signals: {},
      methods: {
        Notify: method<
          [string, number, string, string, string, string[], Record<string, unknown>, number]
        >(
          {
            ...{ application: "s", replaces: "u", icon: "s", summary: "s", body: "s" },
            ...{ actions: "as", hints: "a{sv}", expires: "i" },
          },
          { id: "u" },
          (_application, replaces, _icon, title, body, _actions, hints) => {
            if (service.refuses) throw new Error("not now");
            service.shown.push({ replaces, title, body, hints });
            return [replaces || service.shown.length];
          },
        ),
      },
    });
    const daemon = {
      destination: "org.freedesktop.DBus",
      path: "/",
      interface: "org.freedesktop.DBus",
    };
    await bus.call(daemon, "RequestName", "su", [name, 0]);
    return service;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus.close();
  }
}
