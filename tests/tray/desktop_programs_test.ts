/** Opening and copying, by the programs of the desktop. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import { type Bus, connectBus } from "../../lib/tray/desktop/bus.ts";
import { method, type OfferedInterface } from "../../lib/tray/desktop/bus_interface.ts";
import { MessageBus } from "../support/message_bus.ts";
import { testWithPrograms } from "../support/programs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { until } from "../support/until.ts";
import { DesktopSession } from "./desktop_session.ts";

const page = "http://127.0.0.1:8080/ui/?a=b&c=$(touch x)";

testWithPrograms("what is to be opened is handed over as it is", ["cat", "readlink"], async () => {
  using folder = new ProgramFolder();
  folder.add("xdg-open");
  await using session = await DesktopSession.start({ PATH: folder.path });
  const cases: [target: string, argument: string][] = [
    [page, page],
    ["HTTPS://example.org/", "HTTPS://example.org/"],
    ["/home/me/a b; touch x", "/home/me/a b; touch x"],
    ["--help", "./--help"],
    ["-rf", "./-rf"],
    ["folder/file", "./folder/file"],
  ];
  for (const [target, argument] of cases) {
    await session.desktop.open(target);
    assert.deepEqual(folder.calls.at(-1), ["xdg-open", argument]);
  }
  assert.equal(folder.calls.length, cases.length);
  assert.equal(folder.standardStreams, "/dev/null /dev/null /dev/null");
  assert.notEqual(folder.session, ownSession(), "it has a session of its own");
});

testWithPrograms(
  "a file is opened at its line where the usual editor understands that",
  ["cat"],
  async () => {
    const file = "/home/me/a b.json";
    const cases: [desktopEntry: string, call: string[]][] = [
      ["org.gnome.gedit.desktop", ["gedit", "+12", file]],
      ["org.kde.kate.desktop", ["kate", "--line", "12", file]],
      ["code.desktop", ["code", "--goto", `${file}:12`]],
      ["dev.zed.Zed.desktop", ["zed", `${file}:12`]],
      ["firefox.desktop", ["xdg-open", file]],
      ["", ["xdg-open", file]],
    ];
    for (const [entry, call] of cases) {
      using folder = new ProgramFolder();
      for (const program of ["xdg-open", call[0]!]) folder.add(program);
      folder.add("xdg-mime", `[ "$3" = text/plain ] && echo ${entry}`);
      await using session = await DesktopSession.start({ PATH: folder.path });
      await session.desktop.open(file, 12);
      assert.deepEqual(folder.calls.filter(([program]) => program !== "xdg-mime"), [call]);
    }
    // One that is not there after all, and a desktop that has nobody to ask.
    using folder = new ProgramFolder();
    folder.add("xdg-open");
    await using session = await DesktopSession.start({ PATH: folder.path });
    await session.desktop.open(file, 12);
    folder.add("xdg-mime", "echo code.desktop");
    await session.desktop.open(file, 12);
    const opened = folder.calls.filter(([program]) => program !== "xdg-mime");
    assert.deepEqual(opened, [["xdg-open", file], ["xdg-open", file]]);
  },
);

testWithPrograms("what programs could be made to misuse is not opened", ["cat"], async () => {
  using folder = new ProgramFolder();
  folder.add("xdg-open");
  await using session = await DesktopSession.start({ PATH: folder.path });
  for (
    const target of [
      ...["javascript:alert(1)", "file:///etc/passwd", "ssh://-oProxyCommand=x", "a\0b"],
      ...["ms-word:ofe|u|http://x", "HTTPX://x", "data:text/html,x"],
    ]
  ) {
    await assert.rejects(session.desktop.open(target), /neither a path nor a web address/);
  }
  assert.deepEqual(folder.calls, []);
});

testWithPrograms("one opener stands in for the other", ["cat", "dbus-daemon"], async () => {
  using folder = new ProgramFolder();
  await using bus = await MessageBus.start();
  const environment = { PATH: folder.path, DBUS_SESSION_BUS_ADDRESS: bus.address };
  await using session = await DesktopSession.start(environment);
  await assert.rejects(session.desktop.open(page), (error: unknown) => {
    assert(error instanceof UserError && error.message.includes(page));
    return true;
  });

  const opened: unknown[] = [];
  await using _portal = await offer(bus, "org.freedesktop.portal.Desktop", {
    path: "/org/freedesktop/portal/desktop",
    name: "org.freedesktop.portal.OpenURI",
    methods: {
      OpenURI: method<[string, string, unknown]>(
        { parent: "s", uri: "s", options: "a{sv}" },
        { handle: "o" },
        (_parent, address) => {
          opened.push(address);
          return ["/handle"];
        },
      ),
    },
  });
  await session.desktop.open(page);
  assert.deepEqual(opened, [page]);
  await assert.rejects(session.desktop.open("/a/file"), UserError);

  folder.add("gio");
  await session.desktop.open("/a/file");
  folder.add("xdg-open", "exit 4");
  await session.desktop.open(page);
  assert.deepEqual(folder.calls, [
    ["gio", "open", "/a/file"],
    ["xdg-open", page],
    ["gio", "open", page],
  ]);
  assert.deepEqual(opened, [page]);
});

testWithPrograms("text is copied by the program that fits the session", ["cat"], async () => {
  const text = "mcp_key_ü\n$(touch x)\n";
  const wayland = { WAYLAND_DISPLAY: "wayland-0" };
  const x11 = { DISPLAY: ":0" };
  const xclip = ["xclip", "-selection", "clipboard"];
  const xsel = ["xsel", "--clipboard", "--input"];
  const cases: [session: Record<string, string>, programs: string[], call: string[]][] = [
    [wayland, ["wl-copy", "xclip"], ["wl-copy"]],
    [{ ...wayland, ...x11 }, ["wl-copy", "xclip", "xsel"], ["wl-copy"]],
    [{ ...wayland, ...x11 }, ["xclip", "xsel"], xclip],
    [x11, ["wl-copy", "xclip", "xsel"], xclip],
    [x11, ["xsel"], xsel],
  ];
  for (const [variables, programs, call] of cases) {
    using folder = new ProgramFolder();
    for (const program of programs) folder.add(program);
    await using session = await DesktopSession.start({ PATH: folder.path, ...variables });
    await session.desktop.copy(text);
    assert.deepEqual(folder.calls, [call]);
    assert.equal(folder.input, text);
  }
});

testWithPrograms("without a program, Klipper or the person copies", ["dbus-daemon"], async () => {
  using folder = new ProgramFolder();
  folder.add("wl-copy");
  folder.add("xclip", "exit 1");
  await using bus = await MessageBus.start();
  await using session = await DesktopSession.start({
    PATH: folder.path,
    DISPLAY: ":0",
    DBUS_SESSION_BUS_ADDRESS: bus.address,
  });
  await assert.rejects(session.desktop.copy("the text"), (error: unknown) => {
    assert(error instanceof UserError);
    assert(!error.message.includes("the text") && error.next?.endsWith("the text"));
    return true;
  });

  const copied: unknown[] = [];
  await using _klipper = await offer(bus, "org.kde.klipper", {
    path: "/klipper",
    name: "org.kde.klipper.klipper",
    methods: {
      setClipboardContents: method<[string]>({ text: "s" }, {}, (text) => {
        copied.push(text);
        return [];
      }),
    },
  });
  await session.desktop.copy("the text");
  assert.deepEqual(copied, ["the text"]);
});

testWithPrograms("a program that stays is not waited for", ["sleep"], async () => {
  using folder = new ProgramFolder();
  folder.add("xdg-open", "echo $$ > pid; exec /bin/sleep 60");
  await using session = await DesktopSession.start({ PATH: folder.path });
  await session.desktop.open(page);
  const pid = Number(await Deno.readTextFile(join(folder.path, "pid")));
  Deno.kill(pid, "SIGKILL");
  // Its end is still watched for; what watches must be gone before the test is.
  await until(() => !isRunning(pid), "the program has ended");
});

/** A folder of programs that note how they were called, to be the only one on PATH. */
class ProgramFolder implements Disposable {
  readonly #folder = temporaryFolder();

  get path(): string {
    return this.#folder.path;
  }

  /** Adds a program. @param script what it does after it has noted its arguments and read its input */
  add(name: string, script = "exit 0"): void {
    const path = join(this.path, name);
    Deno.writeTextFileSync(
      path,
      `#!/bin/sh
cd "\${0%/*}"
{ printf '%s\\0' "${name}" "$@"; printf '\\n\\0'; } >> calls
streams=$(/bin/readlink "/proc/$$/fd/0" "/proc/$$/fd/1" "/proc/$$/fd/2"); echo "$streams" > streams
read -r _ _ _ _ _ session _ < "/proc/$$/stat"; echo "$session" > session
/bin/cat > input
${script}
`,
      { mode: 0o755 },
    );
  }

  /** Program and arguments of every call, in their order. */
  get calls(): string[][] {
    const calls = this.#note("calls").split("\0\n\0");
    return calls.filter((call) => call !== "").map((call) => call.split("\0"));
  }

  /** Standard input of the latest call. */
  get input(): string {
    return this.#note("input");
  }

  /** What the standard streams of the latest call were. */
  get standardStreams(): string {
    return this.#note("streams").trim().replaceAll("\n", " ");
  }

  /** The session (setsid(2)) of the latest call. */
  get session(): string {
    return this.#note("session").trim();
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  #note(name: string): string {
    try {
      return Deno.readTextFileSync(join(this.path, name));
    } catch {
      return "";
    }
  }
}

async function offer(
  bus: MessageBus,
  destination: string,
  { path, name, methods }: Pick<OfferedInterface, "name" | "methods"> & { path: string },
): Promise<AsyncDisposable> {
  const connection: Bus = await connectBus(bus.socket);
  connection.offer(path, { name, methods, properties: {}, signals: {} });
  const daemon = {
    destination: "org.freedesktop.DBus",
    path: "/",
    interface: "org.freedesktop.DBus",
  };
  await connection.call(daemon, "RequestName", "su", [destination, 0]);
  return { [Symbol.asyncDispose]: () => connection.close() };
}

function ownSession(): string {
  return Deno.readTextFileSync("/proc/self/stat").replace(/.*\) /s, "").split(" ")[3]!;
}

function isRunning(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}
