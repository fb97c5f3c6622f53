import assert from "node:assert/strict";
import { cliDocument, formatted, target } from "../../scripts/cli_docs.ts";

Deno.test("docs/cli.md is what the commands say of themselves: deno task docs", async () => {
  assert.equal(await Deno.readTextFile(target), await formatted(cliDocument()));
});
