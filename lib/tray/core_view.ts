/** What is known of the core that we are connected to, kept up to date by its events alone. */
import { logger } from "../log.ts";
import type { CoreConnection } from "./cores.ts";
import type { CoreSummary, ServerSummary } from "./model.ts";

/** Who wants to know. */
export interface CoreViewListener {
  /** Core or servers are not what they were. */
  onChange(): void;
  /** The core has read its config file again. @param problem what is wrong with it; null if nothing is */
  onConfig(problem: string | null): void;
  onLost(): void;
}

/** The core as last seen. It stays to be seen for a while after the connection broke. */
export class CoreView {
  #connection: CoreConnection | null = null;
  #core: CoreSummary | null = null;
  #servers: ServerSummary[] = [];

  /** The connection; null if there is none. */
  get connection(): CoreConnection | null {
    return this.#connection;
  }

  /** The core; null if none is known of. */
  get core(): CoreSummary | null {
    return this.#core;
  }

  /** Its servers. */
  get servers(): ServerSummary[] {
    return this.#servers;
  }

  /** Shows the core at the other end of this connection from now on. */
  connect(connection: CoreConnection): void {
    const { version, transport, endpoint, pid } = connection.core;
    logger("tray").info("core {version}: transport={transport} endpoint={endpoint} peer={pid}", {
      ...{ version, transport, endpoint, pid },
    });
    this.#connection = connection;
    this.#core = connection.core;
    this.#servers = connection.servers;
  }

  /**
   * Follows its events.
   * @param signal nothing is told any more when it is aborted
   * @param listener who wants to know
   */
  follow(signal: AbortSignal, listener: CoreViewListener): void {
    const unlessOver = (act: () => void) => {
      if (!signal.aborted) act();
    };
    this.#connection?.follow({
      onServers: (servers) =>
        unlessOver(() => {
          this.#servers = servers;
          listener.onChange();
        }),
      onListenAddress: (listen_addr) =>
        unlessOver(() => {
          if (this.#core) this.#core = { ...this.#core, listen_addr };
          listener.onChange();
        }),
      onConfig: (problem) => unlessOver(() => listener.onConfig(problem)),
      onLost: (reason) =>
        unlessOver(() => {
          logger("tray").info("the connection to the core is lost: {reason}", { reason });
          listener.onLost();
        }),
    });
  }

  /** Closes the connection; what was seen stays. */
  disconnect(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  /** Shows no core any more. */
  forget(): void {
    this.#core = null;
    this.#servers = [];
  }
}
