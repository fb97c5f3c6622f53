/** The metrics: what is counted, and how it is written. */
import assert from "node:assert/strict";
import { createMetrics, writeExposition } from "../../lib/metrics.ts";
import { fakeStatus } from "./fake_services.ts";
import { withApp } from "./harness.ts";

Deno.test("metrics count requests by listener, status and route", () =>
  withApp(async ({ ask }) => {
    await ask("/healthz");
    await ask("/api/v1/status", { source: "socket" });
    await ask("/api/v1/status", { key: "wrong" });
    for (let n = 0; n < 50; n++) await ask(`/made/up/${n}`);
    for (let n = 0; n < 50; n++) await ask(`/api/v1/servers/made-up-${n}/tools`);
    const response = await ask("/metrics");
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    const lines = text.split("\n");
    for (
      const expected of [
        'mcpproxy_http_requests_total{source="tcp",status="2xx"} 1',
        'mcpproxy_http_requests_total{source="tcp",status="4xx"} 101',
        'mcpproxy_http_requests_total{source="socket",status="2xx"} 1',
        'mcpproxy_http_request_duration_seconds_count{route="/api/v1/status"} 2',
        'mcpproxy_http_request_duration_seconds_count{route="none"} 50',
        'mcpproxy_http_request_duration_seconds_count{route="/api/v1/servers/:name/tools"} 50',
        'mcpproxy_connections_total{source="tcp"} 3',
        'mcpproxy_connections_total{source="socket"} 7',
        'mcpproxy_rejected_peers_total{reason="uid"} 1',
        'mcpproxy_upstream_state{server="server-0",state="ready"} 1',
        'mcpproxy_upstream_tools{server="server-0"} 5',
        "mcpproxy_event_clients 0",
      ]
    ) assert.ok(lines.includes(expected), `${expected}\n${text}`);
    assert.ok(!text.includes("made"));
    for (const line of lines.slice(0, -1)) {
      assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [\d.e+-]+)$/);
    }
  }));

Deno.test("metrics count tool calls by server and outcome", () => {
  const metrics = createMetrics();
  metrics.toolCall("a", "success");
  metrics.toolCall("a", "success");
  metrics.toolCall("a", "error");
  metrics.toolCall("b", "cancelled");
  const text = writeExposition(metrics.families());
  assert.match(text, /^mcpproxy_tool_calls_total\{server="a",outcome="success"\} 2$/m);
  assert.match(text, /^mcpproxy_tool_calls_total\{server="a",outcome="error"\} 1$/m);
  assert.match(text, /^mcpproxy_tool_calls_total\{server="b",outcome="cancelled"\} 1$/m);
});

Deno.test("the histogram adds up", () => {
  const metrics = createMetrics();
  for (const seconds of [0.0005, 0.001, 0.002, 1, 100]) {
    metrics.httpRequest("tcp", "/x", 200, seconds);
  }
  const text = writeExposition(metrics.families());
  const bucket = (bound: string) =>
    new RegExp(`_bucket\\{route="/x",le="${bound.replace("+", "\\+")}"\\} (\\d+)`).exec(text)?.[1];
  assert.deepEqual(["0.001", "0.005", "0.5", "2.5", "60", "+Inf"].map(bucket), [
    "2",
    "3",
    "3",
    "4",
    "4",
    "5",
  ]);
  assert.match(text, /_sum\{route="\/x"\} 101\.0035\d*\n/);
  assert.match(text, /_count\{route="\/x"\} 5\n/);
});

Deno.test("a server's name cannot forge samples", () =>
  withApp(async ({ ask, services }) => {
    const name = 'x"} 1\nforged_total{a="\\';
    services.statuses.set(name, fakeStatus(name));
    const text = await (await ask("/metrics")).text();
    assert.doesNotMatch(text, /^forged/m);
    assert.ok(
      text.includes('mcpproxy_upstream_tools{server="x\\"} 1\\nforged_total{a=\\"\\\\"} 5\n'),
      text,
    );
  }));
