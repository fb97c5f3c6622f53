/** Who is in the way of a port, as the programs of the system tell it. */
import assert from "node:assert/strict";
import { holderAmong, portHolder } from "../../lib/tray/port_holder.ts";
import { listenersIn as listenersByLsof } from "../../lib/tray/port_listeners_darwin.ts";
import { listenersIn as listenersBySs } from "../../lib/tray/port_listeners_linux.ts";
import { testWithPrograms } from "../support/programs.ts";

Deno.test("what ss prints is understood; of another user's process it tells none", () => {
  const text = [
    'LISTEN 0      128    127.0.0.1:8080  0.0.0.0:* users:(("python3",pid=26931,fd=3))',
    'LISTEN 0      511            *:8080        *:* users:(("node (v22)",pid=12,fd=18),("node (v22)",pid=12,fd=19))',
    'LISTEN 0      128        [::1]:8080     [::]:* users:(("a",pid=1,fd=3))',
    'LISTEN 0      10   127.0.0.53%lo:53  0.0.0.0:* users:(("resolve",pid=9,fd=3))',
    "LISTEN 0      128      0.0.0.0:22    0.0.0.0:*",
    "",
  ].join("\n");
  assert.deepEqual(listenersBySs(text), [
    { hostname: "127.0.0.1", port: 8080, name: "python3", pid: 26931 },
    { hostname: "*", port: 8080, name: "node (v22)", pid: 12 },
    { hostname: "*", port: 8080, name: "node (v22)", pid: 12 },
    { hostname: "::1", port: 8080, name: "a", pid: 1 },
    { hostname: "127.0.0.53", port: 53, name: "resolve", pid: 9 },
  ]);
});

Deno.test("what lsof prints is understood", () => {
  const text =
    "p15715\ncdeno\nf17\nn127.0.0.1:8080\nf18\nn[::1]:8080\np16\ncnginx: worker\nf3\nn*:80\n";
  assert.deepEqual(listenersByLsof(text), [
    { hostname: "127.0.0.1", port: 8080, name: "deno", pid: 15715 },
    { hostname: "::1", port: 8080, name: "deno", pid: 15715 },
    { hostname: "*", port: 80, name: "nginx: worker", pid: 16 },
  ]);
  assert.deepEqual(listenersByLsof(""), []);
});

Deno.test("in the way is who listens there or everywhere, if it is one process alone", () => {
  const listener = (hostname: string, pid: number) => ({ hostname, port: 8080, pid, name: "it" });
  const cases: [
    wanted: string,
    listeners: [hostname: string, pid: number][],
    pid: number | null,
  ][] = [
    ["127.0.0.1", [["127.0.0.1", 5]], 5],
    ["127.0.0.1", [["*", 5]], 5],
    ["127.0.0.1", [["0.0.0.0", 5], ["::", 5]], 5],
    ["127.0.0.1", [["192.168.0.2", 5]], null],
    ["127.0.0.1", [["::1", 5]], null],
    ["0.0.0.0", [["192.168.0.2", 5]], 5],
    ["localhost", [["::1", 5]], 5],
    ["127.0.0.1", [["127.0.0.1", 5], ["127.0.0.1", 6]], null],
    ["127.0.0.1", [], null],
  ];
  for (const [hostname, listeners, pid] of cases) {
    const all = listeners.map(([hostname, pid]) => listener(hostname, pid));
    assert.equal(holderAmong(all, { hostname, port: 8080 })?.pid ?? null, pid, hostname);
    assert.equal(holderAmong(all, { hostname, port: 8081 }), null);
  }
});

testWithPrograms("a real listener is found, and nobody once it is gone", ["ss"], async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  assert.equal((await portHolder({ hostname: "127.0.0.1", port }))?.pid, Deno.pid);
  listener.close();
  assert.equal(await portHolder({ hostname: "127.0.0.1", port }), null);
});
