import assert from "node:assert/strict";
import fc from "fast-check";
import { createSessions, sessionWanted } from "../../lib/ipc/sessions.ts";

Deno.test("a session is found by the secret that was issued for it", () => {
  const sessions = createSessions();
  const first = sessions.issue(11);
  const second = sessions.issue(null);
  assert.match(first, /^1\.[0-9a-f]{64}$/);
  assert.notEqual(first, second);
  assert.equal(sessions.find(first)?.pid, 11);
  assert.equal(sessions.find(second)?.pid, null);
  sessions.find(first)!.requests++;
  assert.equal(sessions.find(first)?.requests, 1);
  assert.equal(sessions.find(second)?.requests, 0);
  assert.deepEqual([...sessions.all()].map(({ pid }) => pid), [11, null]);
  assert(!Number.isNaN(Date.parse(sessions.find(first)!.since)));
});

Deno.test("a secret that is wrong by one digit, or that of another session, finds nothing", () => {
  const sessions = createSessions();
  const value = sessions.issue(1);
  const other = sessions.issue(2);
  for (let at = 2; at < value.length; at++) {
    const wrong = value.slice(0, at) + (value[at] === "0" ? "1" : "0") + value.slice(at + 1);
    assert.equal(sessions.find(wrong), undefined);
  }
  assert.equal(sessions.find(`1.${other.slice(2)}`), undefined);
  assert.equal(sessions.find(`3.${value.slice(2)}`), undefined);
});

Deno.test("what is not of the form finds nothing", () => {
  const sessions = createSessions();
  const secret = sessions.issue(1).slice(2);
  const values = [
    ...["", ".", "1", "1.", `.${secret}`, `1.${secret}0`, `1.${secret.slice(1)}`, `01.${secret}`],
    ...[` 1.${secret}`, `1.${secret} `, `1.${secret}\n`, `+1.${secret}`, `1 .${secret}`],
    ...[`1.0x${secret.slice(2)}`, `1,${secret}`, `1.${secret}, 1.${secret}`, sessionWanted],
    ...["__proto__", "constructor", `-1.${secret}`, `1e0.${secret}`, `9999999999999999.${secret}`],
  ];
  for (const value of values) assert.equal(sessions.find(value), undefined, value);
  assert.equal(sessions.find(`1.${secret.toUpperCase()}`), undefined);
  assert(sessions.find(`1.${secret}`));
});

Deno.test("whatever is sent, nothing is found and nothing is thrown", () => {
  const sessions = createSessions();
  for (let count = 0; count < 10; count++) sessions.issue(count);
  const digits = fc.string({
    unit: fc.constantFrom(..."0123456789abcdef"),
    minLength: 60,
    maxLength: 66,
  });
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.tuple(fc.nat(20), digits).map(([id, secret]) => `${id}.${secret}`),
  );
  fc.assert(fc.property(value, (value) => assert.equal(sessions.find(value), undefined)));
});

Deno.test("beyond the limit the oldest ends", () => {
  const sessions = createSessions(3);
  const values = [1, 2, 3, 4, 5].map((pid) => sessions.issue(pid));
  assert.deepEqual(values.map((value) => sessions.find(value)?.pid), [
    ...[undefined, undefined],
    ...[3, 4, 5],
  ]);
  assert.equal([...sessions.all()].length, 3);
});

Deno.test("no two sessions have the same secret, nor does one core know another's", () => {
  const [one, other] = [createSessions(), createSessions()];
  const values = [one, other].flatMap((sessions) =>
    Array.from({ length: 1000 }, () => sessions.issue(1))
  );
  assert.equal(new Set(values.map((value) => value.split(".")[1])).size, 2000);
  for (const value of values.slice(0, 1000)) {
    assert(one.find(value));
    assert.equal(other.find(value), undefined);
  }
});
