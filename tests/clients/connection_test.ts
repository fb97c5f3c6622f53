/** Connecting and disconnecting, on settings files as they are found. */
import assert from "node:assert/strict";
import { connect, disconnect, inspect } from "../../lib/clients/connection.ts";
import { isOwnEntry } from "../../lib/clients/entry.ts";
import { formatOf } from "../../lib/clients/settings_file.ts";
import { serversIn } from "../../lib/clients/format.ts";
import { assertKeeps, clientOf, entryOf, SettingsFolder } from "./helper.ts";
import { samples } from "./samples.ts";

const plainly = { dryRun: false, force: false };

for (const { client: id, what, text, servers } of samples) {
  const client = clientOf(id);
  const entry = entryOf(client);
  const valuesOf = async (of: string) =>
    serversIn(await formatOf(client).parse(of.replace(/^\uFEFF/, ""), "f"), client.table, "f");

  Deno.test(`${client.title}, ${what}: connected and disconnected, it is the same to the byte`, async () => {
    using folder = new SettingsFolder(text);
    assert.deepEqual([...(await valuesOf(text)).keys()], servers);
    const { action, backup } = await connect(client, folder.location, entry, plainly);
    assert.equal(action, "connected");
    assert.equal(backup, `${folder.file}.mcpproxy-backup`);
    const connected = folder.text();
    assert.deepEqual([...(await valuesOf(connected)).keys()], [...servers, "mcpproxy"]);
    assert.deepEqual((await valuesOf(connected)).get("mcpproxy"), { ...entry });
    assertKeeps(text, connected);
    assert.equal(connected.startsWith("\uFEFF"), text.startsWith("\uFEFF"));
    if (text.includes("\r\n")) assert.doesNotMatch(connected, /[^\r]\n/);
    else assert.doesNotMatch(connected, /\r/);
    assert.deepEqual(await inspect(client, folder.location, entry), {
      isConnected: true,
      isCurrent: true,
      problem: null,
    });
    assert.equal((await disconnect(client, folder.location, plainly)).action, "disconnected");
    assert.equal(folder.text(), text);
    assert.deepEqual(folder.others(), ["settings.mcpproxy-backup"]);
  });

  Deno.test(`${client.title}, ${what}: without the backup, disconnecting loses nothing`, async () => {
    using folder = new SettingsFolder(text);
    const { backup } = await connect(client, folder.location, entry, plainly);
    Deno.removeSync(backup!);
    await disconnect(client, folder.location, plainly);
    const format = formatOf(client);
    const bare = text.replace(/^\uFEFF/, "");
    const value = await format.parse(bare, "f");
    assert.deepEqual(
      await format.parse(folder.text().replace(/^\uFEFF/, ""), "f"),
      Object.hasOwn(value, client.table) || client.format === "toml"
        ? value
        : { ...value, [client.table]: {} },
    );
    if (servers.length > 0 && client.format !== "toml") assert.equal(folder.text(), text);
    assertKeeps(text, folder.text());
  });

  Deno.test(`${client.title}, ${what}: connecting twice changes nothing the second time`, async () => {
    using folder = new SettingsFolder(text);
    await connect(client, folder.location, entry, plainly);
    const { ino, mtime } = Deno.statSync(folder.file);
    const { action, backup } = await connect(client, folder.location, entry, plainly);
    assert.equal(action, "unchanged");
    assert.equal(backup, null);
    assert.deepEqual([Deno.statSync(folder.file).ino, Deno.statSync(folder.file).mtime], [
      ino,
      mtime,
    ]);
  });

  Deno.test(`${client.title}, ${what}: a dry run writes nothing`, async () => {
    using folder = new SettingsFolder(text);
    const { action, after } = await connect(client, folder.location, entry, {
      dryRun: true,
      force: false,
    });
    assert.equal(action, "connected");
    assert.notEqual(after, text);
    assert.equal(folder.text(), text);
    assert.deepEqual(folder.others(), []);
  });

  Deno.test(`${client.title}, ${what}: a program that has moved is written anew, and what else the entry holds stays`, async () => {
    using folder = new SettingsFolder(text);
    await connect(client, folder.location, entryOf(client, "/old/place/mcpproxy"), plainly);
    const backup = Deno.readFileSync(`${folder.file}.mcpproxy-backup`);
    const edited = client.format === "toml"
      ? folder.text().replace(/(\/old\/place\/mcpproxy")(\r?\n|, )/, "$1$2timeout = 7$2")
      : folder.text().replace(/("\/old\/place\/mcpproxy",)/, '$1 "timeout": 7,');
    Deno.writeTextFileSync(folder.file, edited);
    assert.deepEqual(await inspect(client, folder.location, entry), {
      isConnected: true,
      isCurrent: false,
      problem: null,
    });
    assert.equal((await connect(client, folder.location, entry, plainly)).action, "updated");
    const own = (await valuesOf(folder.text())).get("mcpproxy");
    assert.deepEqual(own, { ...entry, timeout: 7 });
    assert.equal(folder.text(), edited.replace("/old/place/mcpproxy", "/usr/local/bin/mcpproxy"));
    // What is kept is the file as it was before it had any entry of ours.
    assert.deepEqual(Deno.readFileSync(`${folder.file}.mcpproxy-backup`), backup);
  });

  Deno.test(`${client.title}, ${what}: another server of our name is left alone, unless forced`, async () => {
    using folder = new SettingsFolder(text);
    await connect(client, folder.location, entryOf(client, "/opt/other/thing"), plainly);
    const before = folder.text();
    assert(!isOwnEntry((await valuesOf(before)).get("mcpproxy")));
    await assert.rejects(
      connect(client, folder.location, entry, plainly),
      /already has a server named "mcpproxy".*/,
    );
    assert.equal((await disconnect(client, folder.location, plainly)).action, "unchanged");
    assert.equal(folder.text(), before);
    const { action } = await connect(client, folder.location, entry, {
      dryRun: false,
      force: true,
    });
    assert.equal(action, "replaced");
    assert.deepEqual((await valuesOf(folder.text())).get("mcpproxy"), { ...entry });
    assertKeeps(text, folder.text());
  });
}
