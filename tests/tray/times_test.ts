/** The pauses between two tries, and that the documents promise nothing else. */
import assert from "node:assert/strict";
import { times } from "../../lib/tray/times.ts";

Deno.test("go fault 32: pauses are as long as docs/tray.md says, with a fifth of them left to chance", () => {
  const seconds = [2, 1, 2, 4, 8, 16, 30, 30]; // the first: after the end of a core that was not ours
  for (const [attempt, expected] of seconds.entries()) {
    const pauses = Array.from({ length: 50 }, () => times.backOff(attempt) / 1_000);
    assert(pauses.every((pause) => pause >= expected && pause <= 1.2 * expected), `${attempt}`);
    if (attempt > 0) {
      assert(new Set(pauses).size > 1, `no two trays start at the same moment: ${attempt}`);
    }
  }
});

Deno.test("go fault 32: every variable that docs/tray.md names is read by the program", async () => {
  const project = new URL("../../", import.meta.url);
  const document = await Deno.readTextFile(new URL("docs/tray.md", project));
  const named = new Set(document.match(/\bMCPPROXY_[A-Z_]+/g));
  assert(named.size >= 3);
  let sources = "";
  for (const folder of ["lib/tray/", "lib/launch/", "lib/config/", "lib/client/"]) {
    for await (const { name, isFile } of Deno.readDir(new URL(folder, project))) {
      if (isFile) sources += await Deno.readTextFile(new URL(folder + name, project));
    }
  }
  for (const name of named) assert(sources.includes(`"${name}"`), name);
});
