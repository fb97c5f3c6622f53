/** `mcpproxy stop`: ends the running core. */
import { NoCoreError } from "../client/connect.ts";
import { hasCoreEnded } from "../client/core_end.ts";
import { ExitCode, UserError } from "../errors.ts";
import type { StopAnswer } from "./answers.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { waitFor } from "./waiting.ts";

/** More than twice what a core takes at most. */
const patienceMs = 10_000;
const pauseMs = 50;

/**
 * Asks the core to end, and waits until it has.
 * @param context of the command
 * @returns exit code 0
 * @throws {UserError} if no core runs, it cannot be reached, or it does not end in time
 */
export async function stop({ inputs, format }: Context): Promise<ExitCode> {
  const ending = await askCore(inputs, (client) => client.shutDown()).catch((error) => {
    if (!(error instanceof NoCoreError)) throw error;
    throw new UserError(`${error.message}, so there is nothing to stop`);
  });
  const { pid, version, data_dir } = ending;
  if (!await waitFor(`mcpproxy (pid ${pid}) to end`, ended(data_dir, pid))) {
    throw new UserError(`mcpproxy (pid ${pid}) has not ended within ${patienceMs / 1000} s`, {
      next: `See its log, or end it at once: kill -9 ${pid}`,
    });
  }
  const answer: StopAnswer = { ...ending, stopped: true };
  await present(format, answer, () => `Stopped mcpproxy ${version} (pid ${pid}).`);
  return ExitCode.ok;
}

async function ended(dataDirectory: string, pid: number): Promise<boolean> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline;) {
    if (hasCoreEnded(dataDirectory, pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return false;
}
