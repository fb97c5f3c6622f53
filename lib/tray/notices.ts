/**
 * Messages for what needs a person: never twice for one cause, and about servers only once their state has settled, since
 * each new connection tells everything anew.
 */
import type { Clock } from "./clock.ts";
import type { Notice } from "./desktop/desktop.ts";
import { wordsOf } from "./menu_words.ts";
import type { Problem } from "./lifecycle.ts";
import type { ServerSummary } from "./model.ts";
import type { TrayState } from "./state.ts";
import { times } from "./times.ts";

const mostNames = 5;

/** What was seen last. */
export interface Sight {
  state: TrayState;
  problem: Problem | null;
  servers: readonly ServerSummary[];
}

/** Decides what is worth a message. */
export class Notices {
  readonly #clock: Clock;
  readonly #notify: (notice: Notice) => void;
  /** The failure that was told last, and whether we are still in it. */
  #failure = "";
  #isFailed = false;
  /** Servers that need a person: since when, and whether that was told. */
  readonly #ailing = new Map<string, { why: string; since: number; told: boolean }>();
  #cancel: (() => void) | null = null;

  /** @param clock to wait by @param notify shows a message */
  constructor(clock: Clock, notify: (notice: Notice) => void) {
    this.#clock = clock;
    this.#notify = notify;
  }

  /** Looks at what there is now; to be called after each change. */
  see({ state, problem, servers }: Sight): void {
    // What is found out about a failure while it lasts is in the menu.
    if (state.name === "failed" && !this.#isFailed) this.#seeFailure(state, problem);
    this.#isFailed = state.name === "failed";
    if (state.name === "connected") {
      this.#failure = "";
      this.#seeServers(servers);
    } else {
      this.close();
    }
  }

  /** Tells nothing more of what was seen so far. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    for (const [name, { told }] of this.#ailing) if (!told) this.#ailing.delete(name);
  }

  #seeFailure(state: TrayState & { name: "failed" }, problem: Problem | null): void {
    const cause = `${state.failure}: ${problem?.message}`;
    if (cause === this.#failure) return;
    this.#failure = cause;
    const { title, detail } = wordsOf(state);
    this.#notify({
      id: "core",
      title: `mcpproxy: ${title}`,
      body: [problem?.message ?? detail, problem?.next].filter(Boolean).join("\n"),
      urgency: "critical",
    });
  }

  #seeServers(servers: readonly ServerSummary[]): void {
    const names = new Set(servers.map(({ name }) => name));
    for (const name of this.#ailing.keys()) if (!names.has(name)) this.#ailing.delete(name);
    for (const server of servers) {
      const why = needOf(server);
      const known = this.#ailing.get(server.name);
      // Between two tries it is merely connecting, which is no recovery.
      if (why === known?.why || (known && server.state === "connecting")) continue;
      if (why === null) this.#ailing.delete(server.name);
      else this.#ailing.set(server.name, { why, since: this.#clock.now(), told: false });
    }
    this.#waitForNext();
  }

  #waitForNext(): void {
    const waiting = [...this.#ailing.values()].filter(({ told }) => !told);
    if (this.#cancel !== null || waiting.length === 0) return;
    const due = Math.min(...waiting.map(({ since }) => since)) + times.settled;
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), () => {
      this.#cancel = null;
      this.#tell();
      this.#waitForNext();
    });
  }

  #tell(): void {
    const settled = this.#clock.now() - times.settled;
    const due = [...this.#ailing].filter(([, { told, since }]) => !told && since <= settled);
    if (due.length === 0) return;
    for (const [, ailment] of due) ailment.told = true;
    const shown = due.slice(0, mostNames).map(([name, { why }]) => `${name}: ${why}`);
    if (due.length > shown.length) shown.push(`… and ${due.length - shown.length} more`);
    this.#notify({
      id: "servers",
      title: due.length === 1 ? "An MCP server needs you" : `${due.length} MCP servers need you`,
      body: shown.join("\n"),
      urgency: "normal",
    });
  }
}

/** Why a server needs a person; null if it does not. */
function needOf({ enabled, quarantined, state }: ServerSummary): string | null {
  if (!enabled) return null;
  if (quarantined) return "quarantined until you have looked at it";
  return state === "error" ? "cannot be reached" : null;
}
