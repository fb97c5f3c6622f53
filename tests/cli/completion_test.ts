import assert from "node:assert/strict";
import { sourceOf } from "../../lib/cli/completion.ts";
import { createProgram } from "../../lib/cli/program.ts";

const program = createProgram(() => Promise.resolve());
const source = (...words: string[]) => {
  const found = sourceOf(program, words).source;
  return Array.isArray(found) ? found.map(({ value }) => value) : found;
};

Deno.test("what may stand at the cursor follows from what stands before it", () => {
  assert((source("") as string[]).includes("upstream"));
  assert(!(source("") as string[]).includes("complete"), "what is hidden stays so");
  assert((source("upstream", "") as string[]).includes("inspect"));
  assert((source("upstream", "logs", "-") as string[]).includes("--follow"));
  assert((source("upstream", "logs", "-") as string[]).includes("--data-dir"), "global ones too");
  const expected: [words: string[], source: string | string[]][] = [
    [["upstream", "enable", ""], "servers"],
    [["upstream", "enable", "a", ""], []],
    [["upstream", "logs", "-n", ""], []],
    [["upstream", "logs", "-n", "5", ""], "servers"],
    [["upstream", "logs", "-f", ""], "servers"],
    [["upstream", "add", ""], []],
    [["upstream", "add", "x", "--transport", ""], ["http", "sse"]],
    [["upstream", "add", "x", "--working-dir", ""], "files"],
    [["upstream", "add", "x", "--", ""], "files"],
    [["tools", "list", "--server", ""], "servers"],
    [["tools", "list", "--server=a"], "servers"],
    [["tools", "call", ""], "tools"],
    [["tools", "call", "a:b", ""], []],
    [["-o", ""], ["table", "json", "yaml"]],
    [["--output=j"], ["table", "json", "yaml"]],
    [["--config", ""], "files"],
    [["config", "validate", ""], "files"],
    [["completion", ""], ["bash", "zsh", "fish", "powershell"]],
    [["nonsense", ""], []],
    [["--nonsense", ""], source("")],
  ];
  for (const [words, what] of expected) assert.deepEqual(source(...words), what, words.join(" "));
});

Deno.test("options before the cursor decide which core is asked", () => {
  const { options, prefix } = sourceOf(program, ["-d", "/data", "tools", "list", "--server=x"]);
  assert.deepEqual([options.dataDir, prefix], ["/data", "--server="]);
});
