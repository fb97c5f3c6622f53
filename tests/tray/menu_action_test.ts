import assert from "node:assert/strict";
import fc from "fast-check";
import { actionOf } from "../../lib/tray/menu.ts";
import { idOf, mendIdOf } from "../../lib/tray/menu_action.ts";
import type { TrayAction } from "../../lib/tray/model.ts";

const names = {
  start_core: false,
  stop_core: false,
  restart_core: false,
  enable_server: true,
  disable_server: true,
  restart_server: true,
  open_server_log: true,
  open_dashboard: false,
  copy_mcp_address: false,
  copy_client_config: false,
  open_config: false,
  open_logs: false,
  toggle_start_at_login: false,
  end_port_holder: false,
  use_free_port: false,
  fix_permissions: false,
  quit: false,
} satisfies Record<TrayAction["name"], boolean>;

/** Any name, lone surrogates, line ends and our own ids among them. */
const serverName = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("\ud800", "\n", " ", "/", "mend/", "quit", "a") }),
);
const action = fc.oneof(
  ...Object.entries(names).map(([name, hasServer]) =>
    (hasServer
      ? serverName.map((server) => ({ name, server }))
      : fc.constant({ name })) as fc.Arbitrary<TrayAction>
  ),
);

Deno.test("an id means the action that it was made of, whatever the server is called", () => {
  fc.assert(fc.property(action, (action) => {
    assert.deepEqual(actionOf(idOf(action)), action);
    assert.deepEqual(actionOf(mendIdOf(action)), action);
  }));
});

Deno.test("different actions have different ids", () => {
  fc.assert(fc.property(action, action, (one, other) => {
    const isSame = JSON.stringify(one) === JSON.stringify(other);
    assert.equal(idOf(one) === idOf(other), isSame);
    assert.notEqual(idOf(one), mendIdOf(other));
  }));
});

Deno.test("any other id means nothing", () => {
  for (const id of ["", " ", "header", "server a", "quit now", "enable_server", "mend/", "mend"]) {
    assert.equal(actionOf(id), null, id);
  }
  for (const id of ["constructor", "__proto__", "toString x", "mend/mend/quit", "QUIT"]) {
    assert.equal(actionOf(id), null, id);
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (id) => {
    const action = actionOf(id);
    if (action) assert([idOf(action), mendIdOf(action)].includes(id));
  }));
});
