/** A core that runs out of file descriptors. */
import assert from "node:assert/strict";
import { type Core, startCore } from "../support/core.ts";
import { pause, until } from "../support/until.ts";
import { fixtureServer } from "./support/servers.ts";

/** Opens as many connections as there may be, all of which are silent. */
async function flood(connect: () => Promise<Deno.Conn>, count: number): Promise<Deno.Conn[]> {
  const opened = await Promise.allSettled(Array.from({ length: count }, connect));
  return opened.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
}

async function answers(core: Core, transport: "overSocket" | "overTcp"): Promise<boolean> {
  const response = await core[transport]("/api/v1/status", { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.status === 200;
}

const few = ["/bin/sh", "-c", 'ulimit -n 64; exec "$@"', "sh"];

for (const listener of ["socket", "TCP"] as const) {
  Deno.test(`go fault 4: a core that is flooded over the ${listener} until it has no descriptor left serves again afterwards`, async () => {
    await using core = await startCore({ through: few });
    const [hostname, port] = core.tcp.split(":");
    const connect = (): Promise<Deno.Conn> =>
      listener === "socket"
        ? Deno.connect({ transport: "unix", path: core.socket })
        : Deno.connect({ hostname: hostname!, port: Number(port) });
    for (let round = 0; round < 3; round++) {
      const connections = await flood(connect, 150);
      assert(connections.length > 20, `${connections.length} connections`);
      await pause(300); // so that it meets the limit again and again
      for (const connection of connections) connection.close();
      await until(() => answers(core, "overSocket"), "the socket answers again");
      await until(() => answers(core, "overTcp"), "TCP answers again");
      assert.equal(core.exitCode, null, core.output());
    }
    assert(core.output().includes("stopped accepting"), "the limit was met");
    // A server can be started again, too, for which it takes several.
    await core.api("/servers", "POST", fixtureServer("plain"));
    await core.serverIs("plain", "ready");
    assert.equal((await core.stop()).code, 0, core.output());
  });
}
