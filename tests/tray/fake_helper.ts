/**
 * A program that behaves as systray2's does, without a screen. What it shows goes to the test that has started it, line by
 * line over TCP, and the test clicks by sending numbers. Arguments: the test's port, and `gone` if it shall end at once.
 */
import { createInterface } from "node:readline";
import { connect } from "node:net";
import process from "node:process";

interface Item {
  __id: number;
  title: string;
  enabled: boolean;
  checked: boolean;
  items?: Item[] | null;
}
interface Head {
  icon: string;
  tooltip: string;
}

const [port, behaviour] = Deno.args;
if (behaviour === "gone") Deno.exit(1);

const test = connect(Number(port), "127.0.0.1");
test.on("error", () => Deno.exit(1));
createInterface({ input: test }).on("line", (line) => {
  if (line === "die") Deno.exit(1);
  say({ type: "clicked", __id: Number(line), item: {}, seq_id: 0 });
});

let head: Head;
const top: Item[] = [];
const all = new Map<number, Item>();

/** The original puts a separator of a submenu into the menu itself. */
function add(item: Item, siblings: Item[]): void {
  const { items, ...rest } = item;
  const added: Item = items?.length ? { ...rest, items: [] } : rest;
  all.set(item.__id, added);
  (item.title === "<SEPARATOR>" ? top : siblings).push(added);
  for (const child of items ?? []) add(child, added.items!);
}

function receive(line: string): void {
  const message = JSON.parse(line);
  switch (message.type) {
    case undefined:
      head = { icon: message.icon, tooltip: message.tooltip };
      for (const item of message.items) add(item, top);
      break;
    case "update-item": {
      if (message.seq_id >= 0) throw new Error("would be found by its place");
      const { title, enabled, checked } = message.item;
      const item = all.get(message.item.__id)!;
      if (item.title !== "<SEPARATOR>") Object.assign(item, { title, enabled, checked });
      break;
    }
    case "update-menu":
      head = { icon: message.menu.icon, tooltip: message.menu.tooltip };
      break;
    case "exit":
      Deno.exit(0);
  }
  const change = message.type ?? "first";
  test.write(`${JSON.stringify({ change, pid: Deno.pid, ...head, menu: top })}\n`);
}

const input = createInterface({ input: process.stdin });
input.on("line", receive);
input.on("close", () => Deno.exit(0));
test.on("connect", () => say({ type: "ready" }));

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
