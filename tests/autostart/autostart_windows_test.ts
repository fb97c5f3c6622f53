import assert from "node:assert/strict";
import fc from "fast-check";
import { commandLine, programOf } from "../../lib/autostart/autostart_windows.ts";

const argument = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(..."ab \t\"\\%^&|<>'字😀"), maxLength: 30 }),
).map((text) => text.replaceAll("\0", ""));
/** No path on Windows holds a quotation mark, and none of a program ends in a backslash. */
const program = argument.map((text) => `C:\\${text.replaceAll('"', "")}.exe`);

Deno.test("CommandLineToArgvW takes a command line apart into the same command", () => {
  fc.assert(fc.property(program, fc.array(argument), (first, rest) => {
    const line = commandLine([first, ...rest]);
    assert.deepEqual(argumentsOf(line), [first, ...rest]);
    assert.equal(programOf(line), first);
  }));
});

Deno.test("command lines: what is plain stays plain", () => {
  assert.equal(commandLine(["C:\\tray.exe", "--headless"]), "C:\\tray.exe --headless");
  assert.equal(commandLine(["C:\\Program Files\\tray.exe"]), '"C:\\Program Files\\tray.exe"');
  assert.equal(commandLine(["C:\\tray.exe", "D:\\a b\\", '"']), 'C:\\tray.exe "D:\\a b\\\\" "\\""');
  assert.equal(commandLine(["C:\\tray.exe", ""]), 'C:\\tray.exe ""');
  assert.equal(programOf(""), null);
});

/** As CommandLineToArgvW documents it: the program by its own simple rule, the rest by backslashes and quotes. */
function argumentsOf(line: string): string[] {
  let at = 0;
  let first = "";
  if (line[0] === '"') {
    for (at = 1; at < line.length && line[at] !== '"'; at++) first += line[at];
    at++;
  } else {
    for (; at < line.length && !" \t".includes(line[at]!); at++) first += line[at];
  }
  const words = [first];
  let word: string | undefined;
  let quoted = false;
  for (; at <= line.length; at++) {
    const character = line[at];
    if (character === undefined || (!quoted && " \t".includes(character))) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= "";
    if (character === "\\") {
      let count = 0;
      for (; line[at] === "\\"; at++) count++;
      if (line[at] !== '"') {
        word += "\\".repeat(count);
        at--;
        continue;
      }
      word += "\\".repeat(count >> 1);
      if (count % 2 === 1) word += '"';
      else at--;
      continue;
    }
    if (character === '"') quoted = !quoted;
    else word += character;
  }
  return words;
}
