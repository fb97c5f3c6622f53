import assert from "node:assert/strict";
import fc from "fast-check";
import { commandCandidates, commandLine } from "../lib/command_windows.ts";

const npx = "C:\\Program Files\\nodejs\\npx.cmd";

/** The line that cmd.exe is given after its own options. */
function lineOf(...args: string[]): string {
  const { program, args: [line = ""], isRaw } = commandLine(npx, args, "C:\\Windows");
  assert.equal(program, "C:\\Windows\\System32\\cmd.exe");
  assert(isRaw);
  const begin = '/e:ON /v:OFF /d /c "';
  assert(line.startsWith(begin) && line.endsWith('"'));
  return line.slice(begin.length, -1);
}

Deno.test("a command is looked for with the endings that can be run, and not in the working directory", () => {
  assert.deepEqual(commandCandidates("npx", 'C:\\one;"C:\\two words";;', "D:\\work"), [
    ...[".com", ".exe", ".bat", ".cmd"].map((ending) => `C:\\one\\npx${ending}`),
    ...[".com", ".exe", ".bat", ".cmd"].map((ending) => `C:\\two words\\npx${ending}`),
  ]);
  assert.deepEqual(commandCandidates("npx.CMD", "C:\\one", "D:\\work"), ["C:\\one\\npx.CMD"]);
  assert.deepEqual(
    commandCandidates("server.v2", "C:\\one", "D:\\work")[1],
    "C:\\one\\server.v2.exe",
  );
  assert.deepEqual(commandCandidates(".\\tool.exe", "C:\\one", "D:\\work"), ["D:\\work\\tool.exe"]);
  assert.deepEqual(commandCandidates("E:/x/tool.exe", "", "D:\\work"), ["E:\\x\\tool.exe"]);
  assert.deepEqual(commandCandidates("npx", undefined, "D:\\work"), []);
});

Deno.test("a program is started as it is, a batch file by cmd.exe", () => {
  const args = ["a b", '"', "%PATH%"];
  assert.deepEqual(commandLine("C:\\node.exe", args, "C:\\Windows"), {
    program: "C:\\node.exe",
    args,
    isRaw: false,
  });
  assert.equal(lineOf("-y", "@scope/server@1.2"), `"${npx}" -y @scope/server@1.2`);
  assert.equal(lineOf("", "C:\\", "a b"), `"${npx}" "" "C:\\\\" "a b"`);
});

Deno.test("a batch file is one, too, with the dots and spaces behind its name that Windows leaves out", () => {
  for (const program of ["C:\\x.bat.", "C:\\x.BAT ", "C:\\x.cmd. ."]) {
    const { args, isRaw } = commandLine(program, ['"&calc.exe'], "C:\\Windows");
    assert(isRaw, program);
    assert.deepEqual(args, [`/e:ON /v:OFF /d /c ""${program}" """&calc.exe""`]);
  }
});

Deno.test("nothing that an argument holds ends its quotes, starts a command, or becomes a variable's value", () => {
  assert.equal(lineOf('"&calc.exe'), `"${npx}" """&calc.exe"`);
  assert.equal(lineOf('\\"&calc.exe'), `"${npx}" "\\\\""&calc.exe"`);
  assert.equal(lineOf("a&b", "a|b", "a>b", "a^b"), `"${npx}" "a&b" "a|b" "a>b" "a^b"`);
  assert.equal(lineOf("%PATH%"), `"${npx}" "%%cd:~,%PATH%%cd:~,%"`);
  assert.equal(lineOf("(x)!y!"), `"${npx}" "(x)!y!"`);
  for (const argument of ["a\nb", "a\rb", "a\0b"]) {
    assert.throws(() => lineOf("ok", argument), {
      message: /npx\.cmd is a batch file, and argument 2/,
    });
  }
  assert.throws(() => commandLine('C:\\a"b.cmd', [], "C:\\Windows"), /its path/);
});

Deno.test("whatever the arguments are, cmd.exe sees no operator outside of quotes", () => {
  const nasty = fc.string({ unit: fc.constantFrom(..."\"\\%&|<>^()! aZ=;,\t'`~") });
  fc.assert(fc.property(fc.array(nasty), (args) => {
    const line = lineOf(...args);
    let isQuoted = false;
    for (const character of line) {
      if (character === '"') isQuoted = !isQuoted;
      else assert(isQuoted || !/[&|<>^()!=;,\t'`~%]/.test(character), line);
    }
    assert(!isQuoted, line);
    // Each percent sign has the empty part of a variable before it, so none begins a name.
    assert(!line.replaceAll("%%cd:~,%", "").includes("%"), line);
  }));
});

Deno.test("what the program gets behind the batch file is what was given", () => {
  const text = fc.string({ unit: fc.constantFrom(...'"\\&|^ ab()') });
  fc.assert(fc.property(fc.array(text), (args) => {
    assert.deepEqual(parse(lineOf(...args)).slice(1), args);
  }));
});

/** The rules by which the C runtime takes a command line apart ("Parsing C++ command-line arguments", Microsoft). */
function parse(line: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length;) {
    if (line[at] === " ") {
      at++;
      continue;
    }
    let word = "";
    let isQuoted = false;
    while (at < line.length && (isQuoted || line[at] !== " ")) {
      const slashes = /^\\*/.exec(line.slice(at))![0].length;
      at += slashes;
      if (line[at] !== '"') {
        word += "\\".repeat(slashes) + (slashes > 0 ? "" : line[at++]);
        continue;
      }
      word += "\\".repeat(slashes >> 1);
      if (slashes % 2 === 1) word += '"';
      else if (isQuoted && line[at + 1] === '"') {
        word += '"';
        at++;
      } else isQuoted = !isQuoted;
      at++;
    }
    words.push(word);
  }
  return words;
}
