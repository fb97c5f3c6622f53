/** docs/doctor.md holds the table of all checks. */
import assert from "node:assert/strict";
import { catalogue } from "../../../lib/cli/doctor/catalogue.ts";

Deno.test("docs/doctor.md lists every check as the code has it", () => {
  const text = Deno.readTextFileSync(new URL("../../../docs/doctor.md", import.meta.url));
  const rows = text.split("\n").filter((line) => /^\| `[a-z-]+` /.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter((cells) => cells.length === 4); // the other tables have fewer columns
  const expected = Object.entries(catalogue).map((
    [id, { title, what, mend }],
  ) => [`\`${id}\``, title, what, mend]);
  assert.deepEqual(rows, expected);
});
