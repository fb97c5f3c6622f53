/** The core of this machine and this user: {@linkcode CoreAccess} for real. */
import { connectToCore } from "../client/connect.ts";
import { credentials } from "../client/request.ts";
import type { Inputs } from "../config/paths.ts";
import { variable } from "../config/paths.ts";
import { resolvePaths } from "../config/resolve.ts";
import { isCoreRunning } from "../ipc/core_lock.ts";
import type { CoreAccess } from "./core_link.ts";

/** How long a core may take to say that it lives, in milliseconds. */
const answerMs = 5_000;

/**
 * Access to the core.
 * @param inputs flags, environment and platform
 * @param client what we call ourselves, such as `stdio/0.1.0`
 * @param mayStart false: a core that does not run is not started
 */
export function localCore(inputs: Inputs, client: string, mayStart: boolean): CoreAccess {
  return {
    async connect() {
      const transport = await connectToCore(inputs, client);
      try {
        const response = await transport.fetch(new URL("/healthz", transport.baseUrl), {
          headers: credentials(transport),
          signal: AbortSignal.timeout(answerMs),
        });
        await response.body?.cancel();
        return transport;
      } catch (error) {
        transport.close();
        throw error;
      }
    },
    isHeld: async () => isCoreRunning((await resolvePaths(inputs)).dataDirectory),
    start: mayStart ? () => start(inputs) : null,
  };
}

/** Loaded only here: most bridges find a core that runs. */
async function start(inputs: Inputs) {
  const [{ coreArguments, coreEnvironment }, { ownProgram }, { loginEnvironment }, { spawnCore }] =
    await Promise.all([
      import("../launch/core_launch.ts"),
      import("../launch/core_program_files.ts"),
      import("../launch/login_environment.ts"),
      import("../launch/spawn_core.ts"),
    ]);
  const { config, dataDir, trayEndpoint } = inputs.flags;
  const login = await loginEnvironment(inputs.environment)();
  return spawnCore({
    program: ownProgram(),
    args: coreArguments({ ...inputs, flags: { config, dataDir, trayEndpoint } }),
    environment: coreEnvironment(inputs, login, "stdio", false),
    directory: variable(inputs.environment, "HOME") ?? inputs.workingDirectory,
  }, await redaction(inputs));
}

/** What takes the config's secrets out of a text; a config that cannot be read, the core tells of. */
async function redaction(inputs: Inputs): Promise<(text: string) => string> {
  const [{ loadConfig }, { secretsOf }, { withoutSecrets }] = await Promise.all([
    import("../config/load.ts"),
    import("../config/secrets.ts"),
    import("../redact.ts"),
  ]);
  const secrets = await loadConfig(inputs)
    .then(({ document }) => secretsOf(document.raw, inputs.environment), () => []);
  return (text) => withoutSecrets(text, secrets);
}
