/** The session bus: where it is looked for, and what happens without it, with a broken one, and when it goes. */
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { connectBus } from "../../lib/tray/desktop/bus.ts";
import type { TrayView } from "../../lib/tray/desktop/desktop.ts";
import type { SessionEnvironment } from "../../lib/tray/desktop/desktop_linux.ts";
import { sessionBusSockets } from "../../lib/tray/desktop/session_bus.ts";
import { MessageBus } from "../support/message_bus.ts";
import { testWithPrograms } from "../support/programs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { DesktopSession } from "./desktop_session.ts";
import { FakePanel } from "./fake_panel.ts";

const view: TrayView = { icon: "running", tooltip: "mcpproxy", menu: [{ id: "quit" }] };
const notice = { id: "one", title: "Title", body: "Body", urgency: "normal" } as const;

Deno.test("the bus is looked for where the session says", () => {
  const cases: [string | undefined, string | undefined, string[]][] = [
    ["unix:path=/run/user/1000/bus", "/elsewhere", ["/run/user/1000/bus"]],
    ["unix:path=/tmp/a%20b%3d,guid=00ff", undefined, ["/tmp/a b="]],
    ["unix:abstract=/tmp/dbus-x,guid=00ff", undefined, ["\0/tmp/dbus-x"]],
    ["unix:path=/tmp/x=y", undefined, ["/tmp/x=y"]],
    ["tcp:host=localhost,port=1;unix:path=/a;unix:path=/b", undefined, ["/a", "/b"]],
    // An address that would start a program is not followed.
    ["unixexec:path=/bin/sh,argv1=-c;autolaunch:", undefined, []],
    ["unix:path=%zz", undefined, ["%zz"]],
    ["nonsense", "/run/user/1000", []],
    [undefined, "/run/user/1000", ["/run/user/1000/bus"]],
    ["", "/run/user/1000", ["/run/user/1000/bus"]],
    [undefined, undefined, []],
  ];
  for (const [address, runtimeDirectory, sockets] of cases) {
    assert.deepEqual(sessionBusSockets(address, runtimeDirectory), sockets);
  }
  fc.assert(fc.property(fc.string(), (address) => {
    sessionBusSockets(address, undefined);
  }));
});

Deno.test("a session without a bus is no error", async () => {
  using folder = temporaryFolder();
  const socket = join(folder.path, "none");
  for (const environment of [{}, { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` }]) {
    await using session = await DesktopSession.start(environment);
    await usable(session);
    assert.deepEqual(session.hosts, [false]);
  }
});

Deno.test("what answers like no bus is none", async () => {
  const manners: ((socket: Socket) => void)[] = [
    (socket) => socket.destroy(),
    (socket) => socket.once("data", () => socket.end("REJECTED EXTERNAL\r\n")),
    (socket) => socket.once("data", () => socket.end("OK\r\n\0\0\0\0")),
    (socket) => {
      socket.write("OK 0123\r\n");
      socket.on("data", (data) => {
        // The length of a message that would never end; then something that is none.
        if (data.includes("Hello")) socket.end(`l\x02\0\x01${"\xff".repeat(200)}`, "latin1");
      });
    },
  ];
  for (const manner of manners) {
    await using server = await fakeServer(manner);
    await using session = await DesktopSession.start(server.environment);
    await usable(session);
    assert.deepEqual(session.hosts, [false]);
  }
});

Deno.test("a bus that never answers is given up", async () => {
  await using server = await fakeServer(() => {});
  const start = performance.now();
  await using session = await DesktopSession.start(server.environment);
  await usable(session);
  assert.deepEqual(session.hosts, [false]);
  assert(performance.now() - start < 20_000);
});

Deno.test("an attempt to connect can be ended", async () => {
  await using server = await fakeServer(() => {});
  const ending = new AbortController();
  setTimeout(() => ending.abort(), 50);
  await assert.rejects(connectBus(server.path, ending.signal), /no longer wanted/);
});

testWithPrograms("a bus that comes late is found", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await bus.stop();
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  session.desktop.show(view);
  await session.hostIs(false);
  await bus.run();
  await using panel = await FakePanel.start(bus.socket);
  await session.hostIs(true);
  assert.equal((await panel.menu("GetProperty", "is", 1, "label"))[0], "");
});

testWithPrograms("a bus that goes away is found again", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  session.desktop.show(view);
  await session.hostIs(false);
  for (let round = 0; round < 2; round++) {
    await using panel = await FakePanel.start(bus.socket);
    await session.hostIs(true);
    assert.equal((await panel.itemProperties())["Status"], "Active");
    await bus.stop();
    await session.hostIs(false);
    await usable(session);
    await bus.run();
  }
  await using _panel = await FakePanel.start(bus.socket);
  await session.hostIs(true);
  assert.deepEqual(session.hosts, [false, true, false, true, false, true]);
});

testWithPrograms("at the end nothing of us is left on the bus", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using panel = await FakePanel.start(bus.socket);
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  const icon = await panel.icon();
  await session.hostIs(true);
  await session.desktop.close();
  const daemon = {
    destination: "org.freedesktop.DBus",
    path: "/",
    interface: "org.freedesktop.DBus",
  };
  assert.deepEqual(await panel.bus.call(daemon, "NameHasOwner", "s", [icon]), [false]);
  await usable(session);
  assert.deepEqual(session.hosts, [true]);
});

/** Nothing throws, whether or not anybody is there. */
async function usable({ desktop }: DesktopSession): Promise<void> {
  desktop.show(view);
  desktop.show({ ...view, icon: "attention", menu: [] });
  desktop.show(view);
  await desktop.notify(notice);
}

interface FakeServer extends AsyncDisposable {
  path: string;
  environment: SessionEnvironment;
}

/** Listens where a bus would. */
async function fakeServer(onConnection: (socket: Socket) => void): Promise<FakeServer> {
  const folder = temporaryFolder();
  const path = join(folder.path, "bus");
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    environment: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      folder[Symbol.dispose]();
    },
  };
}
