/** The named pipe as the system makes it, and how much it bears. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openPipeChannel } from "../../lib/ipc/channel_windows.ts";
import { listenPipe } from "../../lib/ipc/listener_windows.ts";
import { openNative } from "../../lib/ipc/native_windows.ts";
import { windowsPipes } from "../../lib/ipc/pipes_windows.ts";
import {
  pipeSecurity,
  readSecurityDescriptor,
  WellKnownSid,
} from "../../lib/ipc/security_descriptor.ts";
import { makeDescriptor } from "../../lib/ipc/security_windows.ts";
import { Child } from "../support/child.ts";
import { pipeName, testOnRealWindows, testOnWindows } from "./support.ts";

const rounds = 8_000;
const atOnce = 300;
const restarts = 40;

function serve(name: string): Child {
  const module = fileURLToPath(new URL("fixtures/serve_pipe.ts", import.meta.url));
  return new Child(Deno.execPath(), { args: ["run", "-q", "-A", "--no-check", module, name] });
}

testOnWindows(
  "Windows reads the pipe's security as we mean it: this user, every right, nobody else",
  async () => {
    const { user } = windowsPipes();
    assert.match(user, /^S-1-5-/);
    const descriptor = readSecurityDescriptor(makeDescriptor(openNative(), pipeSecurity(user)));
    assert.deepEqual(descriptor, {
      owner: user,
      entries: [{ type: 0, flags: 0, mask: 0x1f01ff, sid: user }],
    });
    await Promise.resolve();
  },
);

testOnWindows(
  "the pipe is ours, the caller's token is read, and the program is named",
  async () => {
    const pipes = windowsPipes();
    const name = pipeName();
    const listener = listenPipe(name, () => Response.json(listener.clients()), pipes);
    assert.equal(pipes.ownerOf(name), pipes.user);
    const channel = openPipeChannel(name, "test/1", pipes);
    const [client] = await (await channel.fetch("/")).json();
    assert.equal(client.pid, Deno.pid);
    assert.match(client.executable, /deno\.exe$/i);
    await listener.stop(0);
    assert.equal(pipes.ownerOf(name), null);
  },
);

testOnWindows(`${atOnce} connections at once are all answered`, async () => {
  const name = pipeName();
  await using server = serve(name);
  await server.line("listening");
  const channel = openPipeChannel(name, "test/1", windowsPipes());
  const answers = await Promise.all(
    Array.from({ length: atOnce }, async (_, at) => (await channel.fetch(`/${at}`)).text()),
  );
  assert(answers.every((answer) => answer === "ok"));
  await server.tell("stats");
  assert.equal(await server.line("seen"), `seen ${atOnce}`);
});

testOnWindows(
  `${rounds} clients that connect and close, at whatever moment, do the listener no harm`,
  async () => {
    const name = pipeName();
    const pipes = windowsPipes();
    await using server = serve(name);
    await server.line("listening");
    const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const modes = [
      () => open().destroy(),
      () => void open().write(request, () => {}),
      () => {
        const stream = open();
        stream.write(request, () => stream.destroy());
        return new Promise<void>((resolve) => stream.once("close", resolve));
      },
      async () => {
        const stream = open();
        stream.write(request);
        let text = "";
        for await (const chunk of stream) text += chunk;
        assert(text.startsWith("HTTP/1.1 200"), text);
      },
    ];
    function open() {
      const { stream } = pipes.open(name);
      stream.on("error", () => {});
      return stream;
    }
    let next = 0;
    let busy = 0;
    const worker = async () => {
      for (let round = next++; round < rounds; round = next++) {
        for (;;) {
          try {
            await modes[round % modes.length]!();
            break;
          } catch (error) {
            if ((error as Error).name !== "PipeError") throw error;
            busy++; // every waiting instance is taken
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    assert(busy < 10 * rounds);
    const channel = openPipeChannel(name, "test/1", pipes);
    assert.equal(await (await channel.fetch("/")).text(), "ok");
  },
);

testOnWindows(
  `${restarts} restarts, by end and by kill, each followed by the next at once`,
  async () => {
    const name = pipeName();
    const pipes = windowsPipes();
    const channel = openPipeChannel(name, "test/1", pipes);
    for (let round = 0; round < restarts; round++) {
      // Most within this process: a process of its own takes its time under Wine.
      if (round % 10 === 0) {
        await using server = serve(name);
        await server.line("listening");
        assert.equal(await (await channel.fetch("/")).text(), "ok");
        if (round % 20 === 0) server.kill("SIGKILL");
        else await server.end();
      } else {
        const listener = listenPipe(name, () => new Response("ok"), pipes);
        assert.equal(await (await channel.fetch("/", { method: "POST" })).text(), "ok");
        await listener.stop(0);
      }
      await assert.rejects(channel.fetch("/"), { fault: "absent" });
    }
  },
);

testOnRealWindows(
  "a second server of the name is refused by the system, FILE_FLAG_FIRST_PIPE_INSTANCE",
  async () => {
    const name = pipeName();
    const listener = listenPipe(name, () => new Response(), windowsPipes());
    await using second = serve(name);
    assert.notEqual((await second.end()).code, 0);
    await listener.stop(0);
  },
);

testOnRealWindows(
  "the pipe's own list is enforced: who is not on it is denied",
  async () => {
    const pipes = windowsPipes();
    const name = pipeName();
    // A pipe of ours for SYSTEM alone: what another user meets at ours.
    const served = pipes.listen(
      name,
      `O:${pipes.user}D:P(A;;FA;;;${WellKnownSid.system})`,
      () => assert.fail("somebody came in"),
    );
    const channel = openPipeChannel(name, "test/1", pipes);
    await assert.rejects(channel.fetch("/"), { fault: "denied" });
    await served.close();
  },
);

testOnRealWindows(
  "nobody comes in from another machine, nor by the name of this one: PIPE_REJECT_REMOTE_CLIENTS",
  async () => {
    const name = pipeName();
    const listener = listenPipe(name, () => new Response(), windowsPipes());
    const remote = name.replace("\\\\.\\", `\\\\${Deno.hostname()}\\`);
    await assert.rejects(Deno.open(remote, { read: true, write: true }));
    await listener.stop(0);
  },
);
