import assert from "node:assert/strict";
import { UserError } from "../../lib/errors.ts";
import { openDesktop } from "../../lib/tray/desktop/platform.ts";

Deno.test("headless: nothing is shown, and what would have been opened or copied is told", async () => {
  const told: unknown[] = [];
  const desktop = await openDesktop(
    { onClick: (id) => told.push(id), onHost: (present) => told.push(present) },
    { headless: true },
  );
  desktop.show({ icon: "running", tooltip: "", menu: [] });
  await desktop.notify({ id: "a", title: "a", body: "b", urgency: "normal" });
  await assert.rejects(
    desktop.open("/a"),
    (error) => error instanceof UserError && error.message.includes("/a"),
  );
  await assert.rejects(
    desktop.copy("text"),
    (error) => error instanceof UserError && error.next!.includes("text"),
  );
  await desktop.close();
  assert.deepEqual(told, [false]);
});
