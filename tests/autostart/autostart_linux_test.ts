import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../../lib/errors.ts";
import {
  desktopEntry,
  execValue,
  linuxAutostart,
  startedProgram,
} from "../../lib/autostart/autostart_linux.ts";
import { testWithPrograms } from "../support/programs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { pause, until } from "../support/until.ts";

/** Any text that an argument on Unix can be; a program's path has two characters less. */
const argument = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(..."abc \t\n\r\"'\\><~|&;$*?#()`%=äé字😀"), maxLength: 30 }),
).map((text) => text.replaceAll("\0", "").toWellFormed());
const program = argument.map((text) => `/opt/${text.replace(/[=%]/g, "")}`);

Deno.test("Exec is what its specification takes apart into the same command", () => {
  fc.assert(fc.property(program, fc.array(argument), (first, rest) => {
    assert.deepEqual(parseExec(execValue([first, ...rest])), [first, ...rest]);
  }));
});

Deno.test("an entry of ours tells the program that it has started", () => {
  fc.assert(fc.property(program, fc.array(argument), (first, rest) => {
    assert.equal(startedProgram(desktopEntry([first, ...rest]), []), first);
  }));
});

Deno.test("Exec: what the specification shows", () => {
  assert.equal(execValue(["/usr/bin/tray", "--headless"]), "/usr/bin/tray --headless");
  assert.equal(execValue(["/a b/tray", "100%"]), '"/a b/tray" 100%%');
  // "a literal dollar sign in a quoted argument is unambiguously represented by \\$"; four backslashes are one.
  assert.equal(execValue(["/$a\\b"]), '"/\\\\$a\\\\\\\\b"');
  assert.equal(execValue(["/a", ""]), '/a ""');
});

Deno.test("a program with = or % in its path is refused, an argument is not", () => {
  assert.throws(() => execValue(["/a=b/tray"]), UserError);
  assert.throws(() => execValue(["/100%/tray"]), UserError);
  assert.equal(execValue(["/tray", "--data-dir=/x"]), "/tray --data-dir=/x");
});

Deno.test("an entry counts only where the desktop would follow it", () => {
  const entry = (...lines: string[]) =>
    ["# made by hand", "[Desktop Entry]", "Exec = /bin/tray", ...lines, ""].join("\n");
  const cases: [text: string, desktops: string[], starts: boolean][] = [
    [entry(), [], true],
    [entry("Hidden=true"), [], false],
    [entry("Hidden=false"), [], true],
    [entry("X-GNOME-Autostart-enabled=false"), ["GNOME"], false],
    [entry("X-GNOME-Autostart-enabled = true"), ["GNOME"], true],
    [entry("OnlyShowIn=GNOME;KDE;"), ["ubuntu", "GNOME"], true],
    [entry("OnlyShowIn=GNOME;KDE;"), ["XFCE"], false],
    [entry("NotShowIn=XFCE;"), ["XFCE"], false],
    [entry("NotShowIn=XFCE;"), ["KDE"], true],
    // Another group is about something else.
    [entry("[Desktop Action x]", "Hidden=true"), [], true],
    ["[Other]\nExec=/bin/tray\n", [], false],
    ["[Desktop Entry]\r\nExec=/bin/tray\r\nHidden=true\r\n", [], false],
    ["[Desktop Entry]\nName=x\n", [], false],
    ["", [], false],
  ];
  for (const [text, desktops, starts] of cases) {
    assert.equal(startedProgram(text, desktops), starts ? "/bin/tray" : null, text);
  }
});

Deno.test("switching it on and off, and what others do in between", async () => {
  using folder = temporaryFolder();
  const autostart = linuxAutostart({ HOME: folder.path, XDG_CONFIG_HOME: "not/absolute" });
  const path = join(folder.path, ".config/autostart/mcpproxy-tray.desktop");
  assert.equal(autostart.location, path);
  assert.equal(await autostart.isEnabled(), false);
  await autostart.disable();

  await autostart.enable([Deno.execPath(), "run"]);
  assert.equal(await autostart.isEnabled(), true);
  assert.deepEqual([...Deno.readDirSync(join(path, ".."))].map(({ name }) => name), [
    "mcpproxy-tray.desktop",
  ]);
  assert.equal(Deno.statSync(join(path, "..")).mode! & 0o777, 0o700);

  await autostart.enable([join(folder.path, "moved/away")]);
  assert.equal(await autostart.isEnabled(), false, "a program that is gone is not started");

  await autostart.enable([Deno.execPath()]);
  Deno.writeTextFileSync(path, "Hidden=true\n", { append: true });
  assert.equal(await autostart.isEnabled(), false, "the desktop's settings switch off that way");

  await autostart.enable([Deno.execPath()]);
  assert.equal(await autostart.isEnabled(), true, "switching on undoes it");
  await autostart.disable();
  assert.equal(await autostart.isEnabled(), false);
});

Deno.test("a change from outside is noticed, whoever makes it", async () => {
  using folder = temporaryFolder();
  const autostart = linuxAutostart({ XDG_CONFIG_HOME: folder.path });
  const changes: boolean[] = [];
  const watch = autostart.watch((enabled) => changes.push(enabled));
  try {
    // The watch takes a moment to begin; what changed before that is what it began with.
    await until(async () => {
      const isEnabled = await autostart.isEnabled();
      await (isEnabled ? autostart.disable() : autostart.enable([Deno.execPath()]));
      await pause(300);
      return changes.length > 0;
    }, "a change is told");
    await autostart.enable([Deno.execPath()]);
    await until(() => changes.at(-1) === true, "it is on");
    Deno.writeTextFileSync(autostart.location, desktopEntry(["/gone"]));
    await until(() => changes.at(-1) === false, "the entry starts nothing any more");
    const count = changes.length;
    Deno.writeTextFileSync(join(folder.path, "autostart", "other.desktop"), "");
    await autostart.enable([Deno.execPath()]);
    await until(() => changes.at(-1) === true, "it is on again");
    assert.equal(changes.length, count + 1);
  } finally {
    await watch.close();
  }
});

Deno.test("a watch may be closed at once", async () => {
  using folder = temporaryFolder();
  const watch = linuxAutostart({ XDG_CONFIG_HOME: folder.path }).watch(() => {});
  await watch.close();
});

Deno.test("what cannot be written is said with the path", async () => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(join(folder.path, "autostart"), "a file");
  const autostart = linuxAutostart({ XDG_CONFIG_HOME: folder.path });
  await assert.rejects(autostart.enable(["/bin/true"]), (error) => {
    assert(error instanceof UserError);
    assert.match(error.message, /mcpproxy-tray\.desktop/);
    return true;
  });
});

Deno.test("without a home directory it says so", () => {
  assert.throws(() => linuxAutostart({}), UserError);
  assert.throws(() => linuxAutostart({ HOME: "relative" }), UserError);
});

testWithPrograms("desktops take the entry: GLib starts the program", ["gio"], async () => {
  using folder = temporaryFolder();
  const odd = join(folder.path, "a b\"c`d$HOME\\e~f\tg'h;ä字😀 \n(i)");
  Deno.mkdirSync(odd);
  const program = join(odd, "tray");
  const out = join(folder.path, "out");
  const script =
    `#!/bin/sh\nfor word in "$0" "$@"; do printf '%s\\0' "$word"; done >"$OUT.part"\n` +
    `mv "$OUT.part" "$OUT"\n`;
  Deno.writeTextFileSync(program, script, { mode: 0o700 });
  const command = [program, "--data-dir", "/x y/%U", "", "$(touch /nowhere)", '"', "\\", "=a"];
  const autostart = linuxAutostart({ XDG_CONFIG_HOME: folder.path });
  await autostart.enable(command);
  assert.equal(await autostart.isEnabled(), true);
  const { code, stderr } = await new Deno.Command("gio", {
    args: ["launch", autostart.location],
    env: { OUT: out },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const words = await until(() => Deno.readTextFileSync(out), "the program was started");
  assert.deepEqual(words.split("\0").slice(0, -1), command);
});

testWithPrograms("the entry is valid", ["desktop-file-validate"], async () => {
  using folder = temporaryFolder();
  const autostart = linuxAutostart({ XDG_CONFIG_HOME: folder.path });
  await autostart.enable(["/a b/$tray", "%", "\\"]);
  const { stdout, stderr } = await new Deno.Command("desktop-file-validate", {
    args: [autostart.location],
  }).output();
  assert.equal(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), "");
});

/** Takes `Exec` apart as the Desktop Entry Specification says: strings first, then quotes, then field codes. */
function parseExec(value: string): string[] {
  const meanings: Record<string, string> = { s: " ", n: "\n", t: "\t", r: "\r", "\\": "\\" };
  assert.doesNotMatch(value, /[\n\r]/, "a value is one line");
  const text = value.replace(/\\(.?)/gs, (_, name: string) => {
    const meaning = meanings[name];
    assert(meaning !== undefined, `no escape: \\${name}`);
    return meaning;
  });
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    let word = "";
    if (text[at] === '"') {
      for (at++; text[at] !== '"'; at++) {
        assert(at < text.length, "no closing quote");
        assert(text[at] !== "`" && text[at] !== "$", "has to be escaped");
        if (text[at] === "\\") assert('"`$\\'.includes(text[++at]!), "nothing to escape");
        word += text[at];
      }
      at++;
    } else {
      for (; at < text.length && text[at] !== " "; at++) {
        assert(!" \t\n\"'\\><~|&;$*?#()`".includes(text[at]!), `reserved: ${text[at]}`);
        word += text[at];
      }
    }
    assert(at === text.length || text[at] === " ", "arguments are separated by spaces");
    at++;
    words.push(word.replace(/%(.?)/gs, (_, code: string) => {
      assert.equal(code, "%", "a field code");
      return "%";
    }));
  }
  return words;
}
