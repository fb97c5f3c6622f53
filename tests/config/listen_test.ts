import assert from "node:assert/strict";
import { parseListenAddress } from "../../lib/config/listen.ts";

Deno.test("listen addresses that are good", () => {
  assert.deepEqual(parseListenAddress("127.0.0.1:8080"), { hostname: "127.0.0.1", port: 8080 });
  assert.deepEqual(parseListenAddress(":8080"), { hostname: "0.0.0.0", port: 8080 });
  assert.deepEqual(parseListenAddress("[::1]:0"), { hostname: "::1", port: 0 });
  assert.deepEqual(parseListenAddress("[fe80::1%eth0]:80"), { hostname: "fe80::1%eth0", port: 80 });
  assert.deepEqual(parseListenAddress("localhost:65535"), { hostname: "localhost", port: 65535 });
  assert.deepEqual(parseListenAddress("my-host.example:1"), {
    hostname: "my-host.example",
    port: 1,
  });
});

Deno.test("listen addresses that are not say why", () => {
  const table: [string, RegExp][] = [
    ["", /expected "host:port"/],
    ["8080", /expected "host:port"/],
    ["127.0.0.1", /expected "host:port"/],
    ["127.0.0.1:", /expected "host:port"/],
    ["::1:8080", /expected "host:port"/],
    ["[::1]", /expected "host:port"/],
    ["[localhost]:80", /no IPv6 address/],
    ["127.0.0.1:65536", /between 0 and 65535/],
    ["127.0.0.1:-1", /expected "host:port"/],
    ["http://127.0.0.1:8080", /without a scheme/],
    ["a b:80", /neither a name nor an IP address/],
    ["-host:80", /neither a name nor an IP address/],
    ["host:http", /expected "host:port"/],
    [":0", /over stdio/],
  ];
  for (const [address, expected] of table) {
    const result = parseListenAddress(address);
    assert.equal(typeof result, "string", address);
    assert.match(result as string, expected);
  }
});
