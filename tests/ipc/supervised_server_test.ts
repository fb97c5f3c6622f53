import assert from "node:assert/strict";
import { answerHandlerError, superviseServer } from "../../lib/ipc/supervised_server.ts";
import { until } from "../support/until.ts";

/** Servers made by hand: each ends as the test says. */
function fakeServers() {
  const servers: { fail: () => void; drained: () => void; shutdowns: number }[] = [];
  return {
    servers,
    listen(): Deno.HttpServer {
      const finished = Promise.withResolvers<void>();
      const drained = Promise.withResolvers<void>();
      const server = {
        fail: () => finished.reject(new Error("Too many open files (os error 24)")),
        drained: () => (drained.resolve(), finished.resolve()),
        shutdowns: 0,
      };
      servers.push(server);
      const shutdown = () => {
        server.shutdowns++;
        return drained.promise;
      };
      return { finished: finished.promise, shutdown } as Deno.HttpServer;
    },
  };
}

Deno.test("what the first listen throws is thrown, and nothing is left running", () => {
  assert.throws(() => superviseServer(() => assert.fail("in use"), () => {}, "test"), /in use/);
});

Deno.test("it listens again after an accept error, also if that fails at first", async () => {
  const { servers, listen } = fakeServers();
  let refusals = 2;
  const server = superviseServer(
    () => servers.length === 1 && refusals-- > 0 ? assert.fail("not yet") : listen(),
    () => {},
    "test",
  );
  servers[0]!.fail();
  await until(() => servers.length === 2, "it listens again");
  assert.equal(refusals, -1);
  assert.deepEqual(servers.map(({ shutdowns }) => shutdowns), [1, 0]);
  servers.forEach(({ drained }) => drained());
  await server.stop(60_000);
  assert.equal(servers[1]!.shutdowns, 1);
});

Deno.test("a stop waits for the requests of servers that have failed, too", async () => {
  const { servers, listen } = fakeServers();
  const server = superviseServer(listen, () => assert.fail("cut off"), "test");
  servers[0]!.fail();
  await until(() => servers.length === 2, "it listens again");
  servers[1]!.drained();
  let stopped = false;
  const stopping = server.stop(60_000).then(() => stopped = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(stopped, false);
  servers[0]!.drained();
  await stopping;
});

Deno.test("a stop in the pause before it listens again ends at once, and it does not", async () => {
  const { servers, listen } = fakeServers();
  const server = superviseServer(listen, () => {}, "test");
  servers[0]!.fail();
  await until(() => servers[0]!.shutdowns === 1, "it has failed");
  servers[0]!.drained();
  await server.stop(60_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(servers.length, 1);
});

Deno.test("what does not end in time is cut off, again and again, and not for ever", async () => {
  const { servers, listen } = fakeServers();
  let cuts = 0;
  const server = superviseServer(listen, () => void cuts++, "test");
  await server.stop(0);
  assert(cuts > 1 && cuts < 100, `${cuts}`);
  servers[0]!.drained();
});

Deno.test("what a handler throws is not told", async () => {
  const response = answerHandlerError(new Error("secret"));
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { success: false, error: "internal error" });
});
