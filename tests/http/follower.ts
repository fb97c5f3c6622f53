/** A client of `/events`, in process. */
import assert from "node:assert/strict";
import { type TestApp, until } from "./harness.ts";

/** One event as it came. */
export interface Event {
  id: string | undefined;
  type: string;
  // deno-lint-ignore no-explicit-any -- looked at field by field
  data: any;
}

/** Reads the stream and keeps what came. */
export class Follower {
  readonly events: Event[] = [];
  text = "";
  ended = false;
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
    void this.#read();
  }

  async #read(): Promise<void> {
    let rest = "";
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) break;
      this.text += value;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
        const type = field("event");
        if (type !== undefined) {
          this.events.push({ id: field("id"), type, data: JSON.parse(field("data")!) });
        }
      }
    }
    this.ended = true;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** Opens a stream and waits for its first event. */
export async function follow(app: TestApp, lastEventId?: string): Promise<Follower> {
  const headers: Record<string, string> = lastEventId === undefined
    ? {}
    : { "last-event-id": lastEventId };
  const response = await app.ask("/events", { headers });
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const follower = new Follower(response.body!);
  await until(() => follower.events.length > 0);
  return follower;
}

/** How many clients the app has, by its own metrics. */
export async function clientCount(app: TestApp): Promise<number> {
  const text = await (await app.ask("/metrics", { source: "socket" })).text();
  return Number(/^mcpproxy_event_clients (\d+)$/m.exec(text)![1]);
}
