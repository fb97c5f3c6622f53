/** The whole table, as a person would read it: what is not listed leaves the tray where it is. */
import assert from "node:assert/strict";
import type { EventName, Failure, TrayEvent, TrayState } from "../../lib/tray/state.ts";
import { crashLimit, next } from "../../lib/tray/transitions.ts";

/** All others are as the first. */
const failures: Failure[] = ["port_in_use", "unresponsive"];

/** One of each kind that the table tells apart. */
const states: TrayState[] = [
  { name: "starting" },
  { name: "attaching", attempt: 2 },
  { name: "launching", attempt: 2 },
  ...[true, false].flatMap((owned) =>
    [false, true].map((slow): TrayState => ({ name: "waiting", owned, attempt: 2, slow }))
  ),
  { name: "connected", owned: true, attempt: 2 },
  { name: "connected", owned: false, attempt: 2 },
  { name: "reconnecting", owned: true, attempt: 2 },
  { name: "reconnecting", owned: false, attempt: 2 },
  { name: "backing_off", attempt: 2 },
  ...failures.map((failure): TrayState => ({ name: "failed", failure })),
  { name: "stopping", then: "stopped" },
  { name: "stopping", then: "launching" },
  { name: "stopped" },
  { name: "quitting" },
  { name: "ended" },
];

const plain = [
  ...["begin", "core_outdated", "launched", "connection_lost", "timeout"],
  ...["core_stopped", "settings_changed", "start", "stop", "restart", "quit"],
] as Exclude<
  EventName,
  "core_ready" | "core_starting" | "core_absent" | "blocked" | "core_exited"
>[];
const events: TrayEvent[] = [
  ...plain.map((name): TrayEvent => ({ name })),
  ...[true, false].map((crashed): TrayEvent => ({ name: "core_absent", crashed })),
  ...[true, false].flatMap((owned): TrayEvent[] => [
    { name: "core_ready", owned },
    { name: "core_starting", owned },
  ]),
  { name: "blocked", failure: "permission" },
  ...[0, 1].map((code): TrayEvent => ({ name: "core_exited", code })),
];

/** `connected ours 2`, `failed port_in_use` … */
function text(value: TrayState | TrayEvent): string {
  const words = Object.entries(value).map(([key, word]) => {
    if (key === "owned") return word ? "ours" : "foreign";
    if (key === "crashed") return word ? "crashed" : "in order";
    return key === "slow" ? word ? "slow" : "" : word;
  });
  return words.filter((word) => word !== "").join(" ");
}

/** A line for each state, and one for each event that leads out of it. */
function table(): string {
  return states.map((state) => {
    const lines = events.flatMap((event) => {
      const after = next(state, event);
      return text(after) === text(state) ? [] : [`  ${text(event).padEnd(24)} ${text(after)}`];
    });
    return [text(state), ...lines].join("\n");
  }).join("\n");
}

Deno.test("every state and event leads where it is written down here", () => {
  assert.equal(table(), expected.trim());
});

Deno.test("an event that means nothing leaves the very same object", () => {
  for (const state of states) {
    for (const event of events) {
      const after = next(state, event);
      if (text(after) === text(state) && after !== state) {
        // The same in other words is allowed only where somebody has asked for it anew.
        assert(["start", "stop", "restart", "quit"].includes(event.name), text(event));
      }
    }
  }
});

Deno.test("what follows from each exit code of a core of ours, and what after the last try", () => {
  const after = (code: number, attempt: number) =>
    text(next({ name: "connected", owned: true, attempt }, { name: "core_exited", code }));
  const last = crashLimit - 1;
  const expected: [code: number, first: string, last: string][] = [
    [0, "stopped", "stopped"], // `mcpproxy stop`, or a kill that it obeyed
    [1, "backing_off 1", "failed crash_loop"],
    [2, "failed port_in_use", "failed port_in_use"],
    [3, "attaching 1", "failed data_directory_held"],
    [4, "failed configuration", "failed configuration"],
    [5, "failed permission", "failed permission"],
    [129, "stopped", "stopped"], // SIGHUP
    [130, "stopped", "stopped"], // SIGINT
    [134, "backing_off 1", "failed crash_loop"], // SIGABRT
    [137, "backing_off 1", "failed crash_loop"], // SIGKILL
    [143, "stopped", "stopped"], // SIGTERM, before it could listen for it
  ];
  for (const [code, first, final] of expected) {
    assert.deepEqual([code, after(code, 0), after(code, last)], [code, first, final]);
  }
});

Deno.test("all failures are alike, but for a core that is in the way and then gone", () => {
  const all: Failure[] = [
    ...["port_in_use", "data_directory_held", "configuration", "permission"] as const,
    ...["crash_loop", "core_missing", "unresponsive", "untrusted"] as const,
  ];
  for (const event of events) {
    const outcomes = new Set(
      all.map((failure) => text(next({ name: "failed", failure }, event)))
        .filter((outcome) => !outcome.startsWith("failed")),
    );
    assert(outcomes.size <= 1, text(event));
    if (outcomes.size === 1 && event.name !== "core_absent") {
      assert(
        all.every((failure) =>
          !text(next({ name: "failed", failure }, event)).startsWith("failed")
        ),
      );
    }
  }
});

const expected = `
starting
  begin                    attaching 0
  stop                     stopped
  quit                     ended
attaching 2
  core_outdated            stopping launching
  start                    attaching 0
  stop                     stopped
  restart                  attaching 0
  quit                     ended
  core_absent crashed      launching 2
  core_absent in order     launching 2
  core_ready ours          connected ours 2
  core_starting ours       waiting ours 2
  core_ready foreign       connected foreign 2
  core_starting foreign    waiting foreign 2
  blocked permission       failed permission
launching 2
  launched                 waiting ours 2
  stop                     stopping stopped
  restart                  stopping launching
  quit                     quitting
  blocked permission       failed permission
  core_exited 0            stopped
  core_exited 1            backing_off 3
waiting ours 2
  core_outdated            stopping launching
  timeout                  waiting ours 2 slow
  stop                     stopping stopped
  restart                  stopping launching
  quit                     quitting
  core_ready ours          connected ours 2
  core_ready foreign       connected foreign 2
  core_starting foreign    waiting foreign 2
  blocked permission       waiting ours 2 slow
  core_exited 0            stopped
  core_exited 1            backing_off 3
waiting ours 2 slow
  core_outdated            stopping launching
  stop                     stopping stopped
  restart                  stopping launching
  quit                     quitting
  core_ready ours          connected ours 2
  core_ready foreign       connected foreign 2
  core_starting foreign    waiting foreign 2 slow
  core_exited 0            stopped
  core_exited 1            backing_off 3
waiting foreign 2
  core_outdated            stopping launching
  timeout                  waiting foreign 2 slow
  quit                     ended
  core_absent crashed      launching 2
  core_absent in order     launching 2
  core_ready ours          connected ours 2
  core_starting ours       waiting ours 2
  core_ready foreign       connected foreign 2
  blocked permission       failed permission
waiting foreign 2 slow
  core_outdated            stopping launching
  timeout                  failed unresponsive
  quit                     ended
  core_absent crashed      launching 2
  core_absent in order     launching 2
  core_ready ours          connected ours 2
  core_starting ours       waiting ours 2 slow
  core_ready foreign       connected foreign 2
  blocked permission       failed permission
connected ours 2
  connection_lost          reconnecting ours 2
  timeout                  connected ours 0
  stop                     stopping stopped
  restart                  stopping launching
  quit                     quitting
  core_exited 0            stopped
  core_exited 1            backing_off 3
connected foreign 2
  connection_lost          reconnecting foreign 2
  timeout                  connected foreign 0
  quit                     ended
reconnecting ours 2
  core_outdated            stopping launching
  timeout                  waiting ours 2 slow
  stop                     stopping stopped
  restart                  stopping launching
  quit                     quitting
  core_ready ours          connected ours 2
  core_ready foreign       connected foreign 2
  core_starting foreign    reconnecting foreign 2
  blocked permission       waiting ours 2 slow
  core_exited 0            stopped
  core_exited 1            backing_off 3
reconnecting foreign 2
  core_outdated            stopping launching
  timeout                  waiting foreign 2 slow
  quit                     ended
  core_absent crashed      backing_off 2
  core_absent in order     stopped
  core_ready ours          connected ours 2
  core_starting ours       reconnecting ours 2
  core_ready foreign       connected foreign 2
  blocked permission       failed permission
backing_off 2
  core_outdated            stopping launching
  timeout                  attaching 2
  start                    attaching 0
  stop                     stopped
  restart                  attaching 0
  quit                     ended
  core_ready ours          connected ours 2
  core_starting ours       waiting ours 2
  core_ready foreign       connected foreign 2
  core_starting foreign    waiting foreign 2
failed port_in_use
  core_outdated            stopping launching
  settings_changed         attaching 0
  start                    attaching 0
  stop                     stopped
  restart                  attaching 0
  quit                     ended
  core_ready ours          connected ours 0
  core_starting ours       waiting ours 0 slow
  core_ready foreign       connected foreign 0
failed unresponsive
  core_outdated            stopping launching
  settings_changed         attaching 0
  start                    attaching 0
  stop                     stopped
  restart                  attaching 0
  quit                     ended
  core_absent crashed      launching 0
  core_absent in order     launching 0
  core_ready ours          connected ours 0
  core_starting ours       waiting ours 0 slow
  core_ready foreign       connected foreign 0
stopping stopped
  core_stopped             stopped
  start                    stopping launching
  restart                  stopping launching
  quit                     quitting
stopping launching
  core_stopped             launching 0
  stop                     stopping stopped
  quit                     quitting
stopped
  core_outdated            stopping launching
  start                    attaching 0
  restart                  attaching 0
  quit                     ended
  core_ready ours          connected ours 0
  core_starting ours       waiting ours 0
  core_ready foreign       connected foreign 0
  core_starting foreign    waiting foreign 0
quitting
  core_stopped             ended
ended
`;
