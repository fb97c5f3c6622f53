import assert from "node:assert/strict";
import { join } from "node:path";
import { editConfig } from "../../lib/config/save.ts";
import { type ConfigWatch, watchConfig } from "../../lib/config/watch.ts";
import { type Folder, folder, until } from "./folder.ts";

/** A watch that writes down what it hears: the tools limit of each config, or the message of an error. */
function listen(home: Folder, text: string): { watch: ConfigWatch; heard: (number | string)[] } {
  const heard: (number | string)[] = [];
  const watch = watchConfig(home.config, text, {
    onChange: ({ config }) => heard.push(config.tools_limit),
    onError: ({ message }) => heard.push(message),
  });
  return { watch, heard };
}

const limit = (value: unknown) => JSON.stringify({ tools_limit: value });
/** Long enough for a change to be noticed that should not be reported: twice the quiet time and then some. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 600));

Deno.test("changes in place, by rename, and what the content does not change", async () => {
  await using home = await folder();
  await home.write(limit(1));
  const { watch, heard } = listen(home, limit(1));
  await home.write(limit(2));
  await until(() => heard.length === 1, "a change in place");
  const other = join(home.path, "other");
  await Deno.writeTextFile(other, limit(3), { mode: 0o600 });
  await Deno.rename(other, home.config);
  await until(() => heard.length === 2, "a change by rename");
  await home.write(limit(3));
  await Deno.writeTextFile(join(home.path, "unrelated"), "x");
  await settle();
  await watch.close();
  assert.deepEqual(heard, [2, 3]);
});

Deno.test("a change before the watch began is seen too", async () => {
  await using home = await folder();
  await home.write(limit(2));
  const { watch, heard } = listen(home, limit(1));
  await until(() => heard.length === 1, "the change");
  await watch.close();
  assert.deepEqual(heard, [2]);
});

Deno.test("a broken file is reported once, and so is that it is well again", async () => {
  await using home = await folder();
  await home.write(limit(1));
  const { watch, heard } = listen(home, limit(1));
  await home.write(limit("s3cret"));
  await until(() => heard.length === 1, "the error");
  assert.match(String(heard[0]), /mcp_config\.json:1:2: tools_limit: /);
  await home.write(`${limit("s3cret")}\n`);
  await settle();
  await home.write(limit(1));
  await until(() => heard.length === 2, "the mending");
  await Deno.chmod(home.config, 0o666);
  await home.write(limit(666), 0o666);
  await until(() => heard.length === 3, "the mode");
  assert.match(String(heard[2]), /can be changed by other users/);
  await watch.close();
  assert.deepEqual(heard.slice(1, 2), [1]);
});

Deno.test("the file may go and come back", async () => {
  await using home = await folder();
  await home.write(limit(1));
  const { watch, heard } = listen(home, limit(1));
  await Deno.remove(home.config);
  await until(() => heard.length === 1, "the loss");
  assert.match(String(heard[0]), /is gone; what it said last still holds/);
  await home.write(limit(5));
  await until(() => heard.length === 2, "the return");
  await home.write(limit(6));
  await until(() => heard.length === 3, "a change after it");
  await watch.close();
  assert.deepEqual(heard.slice(1), [5, 6]);
});

Deno.test("our own saves are known by their content", async () => {
  await using home = await folder();
  await home.write(limit(1));
  const { watch, heard } = listen(home, limit(1));
  const { text } = await editConfig(home.config, () => limit(9));
  watch.saved(text);
  await settle();
  await watch.close();
  assert.deepEqual(heard, []);
});

Deno.test("behind a link the target is watched, also when the link moves on", async () => {
  await using home = await folder();
  for (const [name, value] of [["a", 1], ["b", 2]] as const) {
    await Deno.mkdir(join(home.path, name));
    await Deno.writeTextFile(join(home.path, name, "real.json"), limit(value), { mode: 0o600 });
  }
  await Deno.symlink("a/real.json", home.config);
  const { watch, heard } = listen(home, limit(1));
  await Deno.writeTextFile(join(home.path, "a", "real.json"), limit(3));
  await until(() => heard.length === 1, "a change of the target");
  await Deno.symlink("b/real.json", join(home.path, "next"));
  await Deno.rename(join(home.path, "next"), home.config);
  await until(() => heard.length === 2, "the other target");
  await Deno.writeTextFile(join(home.path, "b", "real.json"), limit(4));
  await until(() => heard.length === 3, "a change of the other target");
  await Deno.remove(join(home.path, "b", "real.json"));
  await until(() => heard.length === 4, "the loss of the target");
  await Deno.writeTextFile(join(home.path, "b", "real.json"), limit(5), { mode: 0o600 });
  await until(() => heard.length === 5, "its return");
  await watch.close();
  assert.match(String(heard.splice(3, 1)[0]), /symbolic link to a file that does not exist/);
  assert.deepEqual(heard, [3, 2, 4, 5]);
});

Deno.test("closing at once, twice, and with a change under way leaves nothing running", async () => {
  await using home = await folder();
  await home.write(limit(1));
  await listen(home, limit(1)).watch.close();
  const { watch, heard } = listen(home, limit(1));
  await home.write(limit(2));
  await Promise.all([watch.close(), watch.close()]);
  const heardBefore = [...heard]; // on a slow machine the change may have been faster than the close
  await settle();
  assert.deepEqual(heard, heardBefore);
});

Deno.test("a folder that cannot be watched is reported, not thrown", async () => {
  await using home = await folder();
  const heard: string[] = [];
  const watch = watchConfig(join(home.path, "no", "c.json"), "{}", {
    onChange: () => heard.push("change"),
    onError: ({ message }) => heard.push(message),
  });
  await until(() => heard.length > 0, "the error");
  await watch.close();
  assert.match(heard[0]!, /changes of .* made by hand will only be seen after a restart/);
});
