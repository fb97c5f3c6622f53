/** A desktop under test with all that it tells, on whatever session a test gives it. */
import type { Desktop, DesktopListener } from "../../lib/tray/desktop/desktop.ts";
import { linuxDesktop, type SessionEnvironment } from "../../lib/tray/desktop/desktop_linux.ts";
import { until } from "../support/until.ts";

/** A desktop; `await using` closes it. */
export class DesktopSession implements AsyncDisposable, DesktopListener {
  /** Ids in the order in which they were clicked. */
  readonly clicks: string[] = [];
  /** What was told of the place for icons, in its order. */
  readonly hosts: boolean[] = [];
  #desktop: Desktop | undefined;

  /** Starts one. @param environment of the session that it finds */
  static async start(environment: SessionEnvironment): Promise<DesktopSession> {
    const session = new DesktopSession();
    session.#desktop = await linuxDesktop(session, environment);
    return session;
  }

  get desktop(): Desktop {
    return this.#desktop!;
  }

  onClick(id: string): void {
    this.clicks.push(id);
  }

  onHost(present: boolean): void {
    this.hosts.push(present);
  }

  /** Waits until the latest news of a place for icons is this. */
  async hostIs(present: boolean): Promise<void> {
    await until(() => this.hosts.at(-1) === present, `onHost(${present})`);
  }

  /** Waits until these ids, and no others, were clicked since the last time. */
  async clicked(...ids: string[]): Promise<void> {
    await until(() => this.clicks.length >= ids.length, `clicks on ${ids}`);
    const clicks = this.clicks.splice(0);
    if (clicks.join() !== ids.join()) throw new Error(`clicked were ${clicks}, not ${ids}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#desktop?.close();
  }
}
