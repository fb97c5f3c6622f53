import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../lib/errors.ts";
import {
  darwinAutostart,
  launchAgent,
  launchedProgram,
} from "../../lib/autostart/autostart_darwin.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const argument = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(..."ab <>&\"'\t\n\r]]>-!;#x字😀"), maxLength: 30 }),
).filter(isWritable);

Deno.test("a launch agent holds the command, whatever is in it", () => {
  fc.assert(fc.property(fc.array(argument, { minLength: 1 }), (command) => {
    const plist = parse(launchAgent(command));
    assert.deepEqual(plist, {
      Label: "mcpproxy-tray",
      ProgramArguments: command,
      RunAtLoad: true,
      KeepAlive: false,
      LimitLoadToSessionType: "Aqua",
      ProcessType: "Interactive",
    });
    assert.equal(launchedProgram(launchAgent(command)), command[0]);
  }));
});

Deno.test("what XML cannot hold is refused by name", () => {
  for (const text of ["a\0b", "\u001b[0m", "\ud800"]) {
    assert.throws(() => launchAgent([text]), UserError);
  }
});

Deno.test("an agent that others switched off counts as off", () => {
  const text = launchAgent(["/Applications/a&b/tray"]);
  assert.equal(launchedProgram(text), "/Applications/a&b/tray");
  assert.equal(launchedProgram(text.replace("<dict>", "<dict><key>Disabled</key><true/>")), null);
  assert.equal(launchedProgram(text.replace("<true/>", "<false/>")), null);
  assert.equal(launchedProgram("bplist00"), null);
  assert.equal(launchedProgram(""), null);
});

Deno.test("it lies in the user's LaunchAgents", async () => {
  using home = temporaryFolder();
  const autostart = darwinAutostart({ HOME: home.path });
  assert.equal(autostart.location, `${home.path}/Library/LaunchAgents/mcpproxy-tray.plist`);
  await autostart.enable([Deno.execPath(), "a&b"]);
  assert.equal(await autostart.isEnabled(), true);
  await autostart.disable();
  assert.equal(await autostart.isEnabled(), false);
});

function isWritable(text: string): boolean {
  // deno-lint-ignore no-control-regex -- the characters that XML forbids
  return text.isWellFormed() && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text);
}

/** Reads a property list of the few kinds that an agent has, as XML 1.0 and plist(5) say. */
function parse(document: string): unknown {
  // Ends of lines first (XML 1.0, 2.11): a return that was not written as a reference is lost.
  const text = document.replace(/\r\n?/g, "\n").replace(/<\?xml.*?\?>|<!DOCTYPE.*?>/gs, "");
  const tokens = [...text.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>|([^<]+)/g)];
  let at = 0;
  const content = (name: string) => {
    const inner = tokens[at]?.[4] === undefined ? "" : tokens[at++]![4]!;
    assert.equal(tokens[at++]?.[0], `</${name}>`);
    assert.doesNotMatch(inner, />/);
    return inner.replace(/&(.*?)(?:;|$)/gs, (_, reference: string) => {
      const decimal = /^#(\d+)$/.exec(reference);
      assert(decimal, `reference ${reference}`);
      return String.fromCodePoint(Number(decimal[1]));
    });
  };
  const skipSpace = () => {
    while (/^\s+$/.test(tokens[at]?.[4] ?? "")) at++;
  };
  const value = (): unknown => {
    skipSpace();
    const [, , name, empty] = tokens[at++]!;
    if (empty) return name === "true";
    if (name === "string") return content(name);
    assert(name === "array" || name === "dict");
    const items: unknown[] = [];
    const entries: Record<string, unknown> = {};
    for (skipSpace(); tokens[at]![1] !== "/"; skipSpace()) {
      if (name === "array") {
        items.push(value());
        continue;
      }
      assert.equal(tokens[at++]![2], "key");
      const key = content("key");
      entries[key] = value();
    }
    at++;
    return name === "array" ? items : entries;
  };
  skipSpace();
  assert.equal(tokens[at++]![2], "plist");
  return value();
}
