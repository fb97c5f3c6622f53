/** The clients of `/events`: those who leave, those who do not read, and a thousand at once. */
import assert from "node:assert/strict";
import type { Source } from "../../lib/http/services.ts";
import { API_KEY } from "./fake_services.ts";
import { clientCount, follow } from "./follower.ts";
import { type ServedApp, until, withApp, withServedApp } from "./harness.ts";

async function openRaw({ connect, host }: ServedApp): Promise<Deno.Conn> {
  const connection = await connect();
  const request = `GET /events HTTP/1.1\r\nHost: ${host}\r\nX-API-Key: ${API_KEY}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  await connection.read(new Uint8Array(4096));
  return connection;
}

for (const source of ["tcp", "socket"] as Source[]) {
  Deno.test(`clients that leave are noticed (${source})`, () =>
    withServedApp(source, async (app) => {
      for (const leave of ["close", "closeWrite"] as const) {
        const connections = await Promise.all(Array.from({ length: 10 }, () => openRaw(app)));
        await until(async () => await clientCount(app) === 10);
        for (const connection of connections) await connection[leave]();
        await until(async () => await clientCount(app) === 0);
        if (leave === "closeWrite") connections.forEach((connection) => connection.close());
      }
    }));

  Deno.test(`a client that does not read is ended, and slows nobody (${source})`, () =>
    withServedApp(source, async (app) => {
      const stuck = await openRaw(app);
      await until(async () => await clientCount(app) === 1);
      const reading = await follow(app);
      const error = "x".repeat(200_000);
      let sent = 0;
      while (await clientCount(app) === 2) {
        app.services.emit({ type: "config.reloaded", ok: false, error });
        sent++;
        await until(() => reading.events.length === sent + 1);
        assert.ok(sent < 200, "the stuck client takes more and more");
      }
      await reading.leave();
      stuck.close();
    }));
}

Deno.test("a thousand clients get an event, and leave nothing behind", () =>
  withApp(async (app) => {
    const bodies: ReadableStreamDefaultReader<Uint8Array>[] = [];
    for (let n = 0; n < 1000; n++) bodies.push((await app.ask("/events")).body!.getReader());
    const texts = bodies.map(() => "");
    const readAll = (expected: string) =>
      Promise.all(bodies.map(async (reader, index) => {
        while (!texts[index]!.includes(expected)) {
          texts[index] += new TextDecoder().decode((await reader.read()).value);
        }
      }));
    await readAll("event: status");
    const start = performance.now();
    app.services.emit({ type: "config.reloaded", ok: true, error: null });
    await readAll("event: config.reloaded");
    const took = performance.now() - start;
    assert.ok(took < 1000, `it took ${took} ms`);
    await Promise.all(bodies.map((reader) => reader.cancel()));
    assert.equal(await clientCount(app), 0);
  }));
