/** A client of `/events` that keeps all it has seen. */
import assert from "node:assert/strict";
import { until } from "../../support/until.ts";

/** One event, its data parsed. */
export interface SeenEvent {
  type: string;
  // deno-lint-ignore no-explicit-any -- JSON of another process, of which each test looks at what it is about
  data: any;
}

/** Reads a stream of server-sent events until it is closed. */
export class EventReader implements AsyncDisposable {
  readonly seen: SeenEvent[] = [];
  /** True when the stream has ended, whoever ended it. */
  ended = false;
  readonly #abort: AbortController;
  readonly #reading: Promise<void>;

  private constructor(response: Response, abort: AbortController) {
    this.#abort = abort;
    this.#reading = this.#read(response);
  }

  /** Opens a stream by `get`, which makes the request and passes the signal on. */
  static async open(get: (init: RequestInit) => Promise<Response>): Promise<EventReader> {
    const abort = new AbortController();
    const response = await get({ signal: abort.signal });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    return new EventReader(response, abort);
  }

  /** Waits for an event, among those that were seen already too. */
  async next(type: string, matches: (data: SeenEvent["data"]) => boolean = () => true) {
    const found = await until(
      () => this.seen.find((event) => event.type === type && matches(event.data)),
      `event ${type}`,
    );
    return found.data;
  }

  /** Forgets what was seen. */
  clear(): void {
    this.seen.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  async #read(response: Response): Promise<void> {
    let text = "";
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + chunk).split("\n\n");
        text = blocks.pop()!;
        this.seen.push(...blocks.flatMap(parse));
      }
    } catch {
      // Aborted by us, or broken off by the core.
    }
    this.ended = true;
  }
}

function parse(block: string): SeenEvent[] {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
  const type = field("event");
  return type === undefined ? [] : [{ type, data: JSON.parse(field("data")!) }];
}
