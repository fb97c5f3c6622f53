/** A D-Bus message bus of our own, as a child process. `await using` ends it. */
import { join } from "node:path";
import type { Child } from "./child.ts";
import { loggedChild } from "./logged_child.ts";
import { temporaryFolder } from "./temporary_folder.ts";

/** Which bus to start. */
export interface MessageBusOptions {
  /** True to start installed services when they are called, as the bus of a session does. */
  startsServices?: boolean;
  /** What those services find in their environment, and PATH. */
  env?: Record<string, string>;
}

/** No services, and everybody may do everything. */
const bareConfiguration = (address: string) =>
  `<!DOCTYPE busconfig PUBLIC
  "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>`;

/** A bus that can be taken away and given back. */
export class MessageBus implements AsyncDisposable {
  /** For DBUS_SESSION_BUS_ADDRESS. */
  readonly address: string;
  /** Path of its socket. */
  readonly socket: string;
  readonly #folder = temporaryFolder();
  readonly #options: MessageBusOptions;
  #daemon: Child | null = null;

  private constructor(options: MessageBusOptions) {
    this.#options = options;
    this.socket = join(this.#folder.path, "bus");
    this.address = `unix:path=${this.socket}`;
  }

  /** Starts one. @returns it, when it listens */
  static async start(options: MessageBusOptions = {}): Promise<MessageBus> {
    const bus = new MessageBus(options);
    await bus.run();
    return bus;
  }

  /** Runs it, again if it was stopped: at the same address. */
  async run(): Promise<void> {
    const configuration = join(this.#folder.path, "bus.conf");
    await Deno.writeTextFile(configuration, bareConfiguration(this.address));
    const { startsServices, env = {} } = this.#options;
    this.#daemon = loggedChild(
      [
        "dbus-daemon",
        startsServices ? "--session" : `--config-file=${configuration}`,
        "--nofork",
        "--nosyslog",
        "--print-address=1",
        `--address=${this.address}`,
      ],
      { PATH: Deno.env.get("PATH") ?? "", ...env },
      join(this.#folder.path, "log"),
    );
    await this.#daemon.line("unix:");
  }

  /** Takes it away, as a crash would. */
  async stop(): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
    this.#daemon = null;
    await Deno.remove(this.socket).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }
}
