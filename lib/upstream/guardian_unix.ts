/**
 * The guardian: a shell that outlives the core by a moment. The core tells it of every process group it starts, over a
 * pipe; the kernel closes that pipe however the core ends, kill -9 included, and the guardian then ends what is left.
 */
import { logger } from "../log.ts";

/**
 * Runs in a session of its own, so no terminal's signal reaches it, and lets go of everything but the two pipes, so that
 * nobody who reads the core's output waits for it.
 */
const script = `
trap '' HUP INT QUIT TERM PIPE
groups=''
while read -r verb group; do
  case $verb in
    add) groups="$groups $group" ;;
    remove)
      rest=''
      for each in $groups; do [ "$each" = "$group" ] || rest="$rest $each"; done
      groups=$rest ;;
  esac
  echo "$verb $group" || :
done
[ -n "$groups" ] || exit 0
for group in $groups; do kill -s TERM -- "-$group"; done
sleep 2
for group in $groups; do kill -s KILL -- "-$group"; done
`;

/** One running shell. */
class GuardianShell {
  readonly #process = new Deno.Command("/bin/sh", {
    args: ["-c", script, "mcpproxy-guardian"],
    cwd: "/",
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #waiting: { resolve(): void; reject(reason: Error): void }[] = [];
  #over = false;
  /** Resolves when the shell has ended. */
  readonly ended: Promise<void> = this.#run();

  get pid(): number {
    return this.#process.pid;
  }

  /** Sends one line and waits until the shell has taken it in. Rejects if the shell ends before. */
  tell(line: string): Promise<void> {
    if (this.#over) return Promise.reject(new Error("the guardian has ended"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      // A failure to write is the shell's end, of which #run tells.
      this.#writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
    });
  }

  /** Lets it end: its groups were all removed, or it ends them. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.ended;
  }

  async #run(): Promise<void> {
    let unread = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (unread + text).split("\n");
      unread = lines.pop()!;
      for (const _ of lines) this.#waiting.shift()?.resolve();
    }
    await this.#process.status;
    this.#over = true;
    await this.#writer.abort().catch(() => {});
    for (const { reject } of this.#waiting.splice(0)) reject(new Error("the guardian has ended"));
  }
}

/** Keeps a guardian running as long as there are groups to watch. */
export class Guardian {
  readonly #groups = new Set<number>();
  #shell: Promise<GuardianShell> | undefined;
  #closing = false;

  /**
   * Puts a process group under guard.
   * @param group its id; the guardian has it when this resolves
   * @throws {Error} if no guardian can be kept running
   */
  async add(group: number): Promise<void> {
    this.#groups.add(group);
    await this.#tell(`add ${group}`);
  }

  /** Takes a group out: when nobody is left in it, since its id is then free for others. */
  async remove(group: number): Promise<void> {
    if (this.#groups.delete(group) && this.#shell !== undefined) {
      await this.#tell(`remove ${group}`);
    }
  }

  /** Ends the guardian itself. */
  async close(): Promise<void> {
    this.#closing = true;
    await (await this.#shell?.catch(() => undefined))?.close();
  }

  async #tell(line: string): Promise<void> {
    for (let tries = 3;; tries--) {
      try {
        return await (await this.#running()).tell(line);
      } catch (error) {
        if (tries === 1) throw error;
      }
    }
  }

  #running(): Promise<GuardianShell> {
    return this.#shell ??= this.#start();
  }

  async #start(): Promise<GuardianShell> {
    const shell = new GuardianShell();
    void shell.ended.then(() => {
      if (this.#closing) return;
      this.#shell = undefined;
      if (this.#groups.size === 0) return;
      logger("upstream").warn("guardian {pid} of the child processes has ended; starting another", {
        pid: shell.pid,
      });
      this.#running().catch(() => {}); // the next add or remove tries again and tells
    });
    await Promise.all([...this.#groups].map((group) => shell.tell(`add ${group}`)));
    return shell;
  }
}
