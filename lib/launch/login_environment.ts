/**
 * What the user's login shell sets that programs are found by. What is started by the desktop has a bare PATH, and the
 * core would not find npx, uvx or docker by it.
 */
import { delimiter } from "node:path";
import { type Environment, variable } from "../config/paths.ts";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";

/** How long a profile may take, in milliseconds. */
const patience = 5_000;
/** As far as is read of what profiles print. */
const largestOutput = 256 * 1024;
/** Where docker is to be found, which many set in their profile. */
const dockerVariables = ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"];

/** Variables to start the core with, in place of our own. */
export type LoginEnvironment = Record<string, string>;

/**
 * Makes the function that tells what to start the core with. The shell is asked once; what it says stays in force.
 * @param environment our own; `SHELL` names the shell, without which nobody is asked
 * @param limit how long the shell may take, in milliseconds
 * @returns a function that never rejects. It resolves with PATH (the shell's folders, then those of our own that it lacks)
 *   and with what says where docker is, unless our own environment says it already; empty if the shell does not tell
 */
export function loginEnvironment(
  environment: Environment,
  limit = patience,
): () => Promise<LoginEnvironment> {
  let asked: Promise<LoginEnvironment> | undefined;
  return () => asked ??= ask(environment, limit);
}

async function ask(environment: Environment, limit: number): Promise<LoginEnvironment> {
  const shell = variable(environment, "SHELL");
  if (shell === undefined || !shell.startsWith("/")) return {};
  try {
    const [path, ...docker] = await askShell(
      shell,
      ["PATH", ...dockerVariables],
      environment,
      limit,
    );
    const folders = `${path}${delimiter}${variable(environment, "PATH") ?? ""}`.split(delimiter);
    return {
      PATH: [...new Set(folders)].filter((folder) => folder !== "").join(delimiter),
      ...Object.fromEntries(
        dockerVariables.map((name, index) => [name, docker[index] ?? ""])
          .filter(([name, value]) => value !== "" && !variable(environment, name!)),
      ),
    };
  } catch (error) {
    logger("launch").warn("the login shell {shell} does not tell its PATH: {error}", {
      shell,
      error: messageOf(error),
    });
    return {};
  }
}

/** The values of variables in a login shell; "" for one that is not set. */
async function askShell(
  shell: string,
  names: string[],
  environment: Environment,
  limit: number,
): Promise<string[]> {
  // What profiles print stands around it, so it must be told apart from anything that they could print.
  const marker = `mcpproxy-${crypto.randomUUID()}`;
  // Understood alike by sh, bash, zsh and fish.
  const script = names.map((name) => `echo ${marker}; printenv ${name}; `).join("");
  const child = new Deno.Command(shell, {
    args: ["-l", "-c", `${script}echo ${marker}`],
    env: definedOnly(environment),
    clearEnv: true,
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true, // a group of its own, to be ended with all that a profile has started
  }).spawn();
  const reader = child.stdout.getReader();
  const tooLate = setTimeout(() => {
    endGroup(child.pid);
    reader.cancel(); // who has left the group may still hold the other end
  }, limit);
  try {
    const parts = (await readUntil(reader, marker, names.length + 1)).split(marker);
    if (parts.length < names.length + 2) throw new Error(`no answer within ${limit} ms`);
    return parts.slice(1, -1).map((part) => part.trim());
  } finally {
    await reader.cancel();
    await child.status;
    clearTimeout(tooLate);
  }
}

/** Reads until the marker has come so often: what a profile leaves running may keep the stream open. */
async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  marker: string,
  times: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (text.split(marker).length <= times && text.length < largestOutput) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

function endGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

function definedOnly(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] =>
      entry[1] !== undefined
    ),
  );
}
