/**
 * Every transition of the tray, written down: for each state and each event the state that follows. Pure. A core that no
 * tray has started is never stopped, so there `stop` and `restart` mean nothing.
 */
import { ExitCode } from "../errors.ts";
import type { EventName, Failure, StateName, TrayEvent, TrayState } from "./state.ts";

/** How often a core may end by itself before trying again is given up. */
export const crashLimit = 5;

type Named<Union extends { name: string }, Name> = Extract<Union, { name: Name }>;

type Step<Name, Event> = (
  state: Named<TrayState, Name>,
  event: Named<TrayEvent, Event>,
) => TrayState;

/** For each event, the next state; `null` where the event means nothing in this state and it stays as it is. */
type Row<Name extends StateName> = { [Event in EventName]: Step<Name, Event> | null };

const attach = (attempt = 0): TrayState => ({ name: "attaching", attempt });
const launch = (attempt = 0): TrayState => ({ name: "launching", attempt });
const wait = (owned: boolean, attempt = 0, slow = false): TrayState => ({
  name: "waiting",
  owned,
  attempt,
  slow,
});
const connect = (owned: boolean, attempt = 0): TrayState => ({ name: "connected", owned, attempt });
const backOff = (attempt: number): TrayState => ({ name: "backing_off", attempt });
const fail = (failure: Failure): TrayState => ({ name: "failed", failure });
const stopThen = (then: "stopped" | "launching"): TrayState => ({ name: "stopping", then });
const replace = (): TrayState => stopThen("launching");
const stopped = (): TrayState => ({ name: "stopped" });
const quit = (): TrayState => ({ name: "quitting" });
const ended = (): TrayState => ({ name: "ended" });

/** 128 and the number of SIGHUP, SIGINT or SIGTERM: somebody ended it on purpose, if not kindly. */
const endedBySomebody: readonly number[] = [129, 130, 143];

/** What a core says by its exit code that keeps it from running, however often it is tried. */
const lasting: { readonly [code: number]: Failure } = {
  [ExitCode.portInUse]: "port_in_use",
  [ExitCode.configuration]: "configuration",
  [ExitCode.permission]: "permission",
};

function afterExit(code: number, attempt: number): TrayState {
  if (code === ExitCode.ok || endedBySomebody.includes(code)) return stopped();
  const failure = lasting[code];
  if (failure) return fail(failure);
  const next = attempt + 1;
  // Another core was faster, and is as good as ours. That none is found again and again would be strange.
  const isHeld = code === ExitCode.dataDirectoryHeld;
  if (next >= crashLimit) return fail(isHeld ? "data_directory_held" : "crash_loop");
  return isHeld ? attach(next) : backOff(next);
}

const table: { [Name in StateName]: Row<Name> } = {
  starting: {
    begin: () => attach(),
    core_ready: null,
    core_starting: null,
    core_absent: null,
    core_outdated: null,
    blocked: null,
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: null,
    core_stopped: null,
    settings_changed: null,
    start: null,
    stop: stopped,
    restart: null,
    quit: ended,
  },
  attaching: {
    begin: null,
    core_ready: ({ attempt }, { owned }) => connect(owned, attempt),
    core_starting: ({ attempt }, { owned }) => wait(owned, attempt),
    core_absent: ({ attempt }) => launch(attempt),
    core_outdated: replace,
    blocked: (_, { failure }) => fail(failure),
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: null,
    core_stopped: null,
    settings_changed: null,
    start: () => attach(),
    stop: stopped,
    restart: () => attach(),
    quit: ended,
  },
  launching: {
    begin: null,
    core_ready: null,
    core_starting: null,
    core_absent: null,
    core_outdated: null,
    blocked: (_, { failure }) => fail(failure),
    launched: ({ attempt }) => wait(true, attempt),
    core_exited: ({ attempt }, { code }) => afterExit(code, attempt),
    connection_lost: null,
    timeout: null,
    core_stopped: null,
    settings_changed: null,
    start: null,
    stop: () => stopThen("stopped"),
    restart: () => stopThen("launching"),
    quit: quit,
  },
  waiting: {
    begin: null,
    core_ready: ({ attempt }, { owned }) => connect(owned, attempt),
    core_starting: (state, { owned }) => owned === state.owned ? state : { ...state, owned },
    core_absent: (state) => state.owned ? state : launch(state.attempt),
    core_outdated: replace,
    // One of ours that we cannot get at is left to itself: it may serve others well.
    blocked: (state, { failure }) =>
      !state.owned ? fail(failure) : state.slow ? state : { ...state, slow: true },
    launched: null,
    core_exited: (state, { code }) => state.owned ? afterExit(code, state.attempt) : state,
    connection_lost: null,
    // One of ours may take as long as it likes. One of somebody else's has had its time twice over.
    timeout: (state) =>
      !state.slow ? { ...state, slow: true } : state.owned ? state : fail("unresponsive"),
    core_stopped: null,
    settings_changed: null,
    start: null,
    stop: (state) => state.owned ? stopThen("stopped") : state,
    restart: (state) => state.owned ? stopThen("launching") : state,
    quit: ({ owned }) => owned ? quit() : ended(),
  },
  connected: {
    begin: null,
    core_ready: null,
    core_starting: null,
    core_absent: null,
    core_outdated: null,
    blocked: null,
    launched: null,
    core_exited: (state, { code }) => state.owned ? afterExit(code, state.attempt) : state,
    connection_lost: ({ owned, attempt }) => ({ name: "reconnecting", owned, attempt }),
    timeout: (state) => state.attempt === 0 ? state : connect(state.owned),
    core_stopped: null,
    settings_changed: null,
    start: null,
    stop: (state) => state.owned ? stopThen("stopped") : state,
    restart: (state) => state.owned ? stopThen("launching") : state,
    quit: ({ owned }) => owned ? quit() : ended(),
  },
  reconnecting: {
    begin: null,
    core_ready: ({ attempt }, { owned }) => connect(owned, attempt),
    core_starting: (state, { owned }) => owned === state.owned ? state : { ...state, owned },
    // One that ended in order was told to: that holds for a core of somebody else's, too. After a crash there is a pause:
    // who runs a core of his own may be about to start it again.
    core_absent: (state, { crashed }) =>
      state.owned ? state : crashed ? backOff(state.attempt) : stopped(),
    core_outdated: replace,
    blocked: ({ owned, attempt }, { failure }) =>
      owned ? wait(owned, attempt, true) : fail(failure),
    launched: null,
    core_exited: (state, { code }) => state.owned ? afterExit(code, state.attempt) : state,
    connection_lost: null,
    timeout: ({ owned, attempt }) => wait(owned, attempt, true),
    core_stopped: null,
    settings_changed: null,
    start: null,
    stop: (state) => state.owned ? stopThen("stopped") : state,
    restart: (state) => state.owned ? stopThen("launching") : state,
    quit: ({ owned }) => owned ? quit() : ended(),
  },
  backing_off: {
    begin: null,
    core_ready: ({ attempt }, { owned }) => connect(owned, attempt),
    core_starting: ({ attempt }, { owned }) => wait(owned, attempt),
    core_absent: null,
    core_outdated: replace,
    blocked: null,
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: ({ attempt }) => attach(attempt),
    core_stopped: null,
    settings_changed: null,
    start: () => attach(),
    stop: stopped,
    restart: () => attach(),
    quit: ended,
  },
  failed: {
    begin: null,
    core_ready: (_, { owned }) => connect(owned),
    core_starting: (state, { owned }) => owned ? wait(owned, 0, true) : state,
    // The core that was in the way is gone.
    core_absent: (state) => state.failure === "unresponsive" ? launch() : state,
    core_outdated: replace,
    blocked: null,
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: null,
    core_stopped: null,
    settings_changed: () => attach(),
    start: () => attach(),
    stop: stopped,
    restart: () => attach(),
    quit: ended,
  },
  stopping: {
    begin: null,
    core_ready: null,
    core_starting: null,
    core_absent: null,
    core_outdated: null,
    blocked: null,
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: null,
    core_stopped: ({ then }) => then === "stopped" ? stopped() : launch(),
    settings_changed: null,
    start: () => stopThen("launching"),
    stop: () => stopThen("stopped"),
    restart: () => stopThen("launching"),
    quit: quit,
  },
  stopped: {
    begin: null,
    core_ready: (_, { owned }) => connect(owned),
    core_starting: (_, { owned }) => wait(owned),
    core_absent: null,
    core_outdated: replace,
    blocked: null,
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: null,
    core_stopped: null,
    settings_changed: null,
    start: () => attach(),
    stop: null,
    restart: () => attach(),
    quit: ended,
  },
  quitting: {
    begin: null,
    core_ready: null,
    core_starting: null,
    core_absent: null,
    core_outdated: null,
    blocked: null,
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: null,
    core_stopped: ended,
    settings_changed: null,
    start: null,
    stop: null,
    restart: null,
    quit: null,
  },
  ended: {
    begin: null,
    core_ready: null,
    core_starting: null,
    core_absent: null,
    core_outdated: null,
    blocked: null,
    launched: null,
    core_exited: null,
    connection_lost: null,
    timeout: null,
    core_stopped: null,
    settings_changed: null,
    start: null,
    stop: null,
    restart: null,
    quit: null,
  },
};

/**
 * What follows from an event.
 * @param state where the tray stands
 * @param event what happened
 * @returns the next state; the very same object if the event means nothing here
 */
export function next(state: TrayState, event: TrayEvent): TrayState {
  // The table is complete by its type; the pairing of state and event is what TypeScript cannot follow.
  const step = table[state.name][event.name] as
    | ((state: TrayState, event: TrayEvent) => TrayState)
    | null;
  return step === null ? state : step(state, event);
}
