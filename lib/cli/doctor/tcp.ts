/** Checks of the TCP listener: who holds the port, and whether requests that must be refused are. */
import { request as httpRequest } from "node:http";
import { type ListenAddress, parseListenAddress } from "../../config/listen.ts";
import type { Settings } from "../../config/load.ts";
import { messageOf } from "../../errors.ts";
import type { RuntimeFacts } from "../../ipc/runtime_file.ts";
import { portHolder } from "../../port_holder.ts";
import { type Check, failure, type Known, ok, skipped, warning } from "./check.ts";
import type { CoreAnswers } from "./core.ts";

const patienceMs = 3_000;
/** A name that belongs to nobody (RFC 6761, section 6.4). */
const foreign = "doctor.invalid";
const suspicious =
  "What answers there does not refuse what it must: end it, and report it if it is the core.";

/**
 * Checks who holds the port.
 * @param settings as loaded
 * @param running the core, if one runs
 * @returns the check
 */
export async function checkPort(
  settings: Known<Settings>,
  running: Known<RuntimeFacts>,
): Promise<Check> {
  if ("value" in running) {
    const { pid, listen_addr } = running.value;
    return ok("port", `${listen_addr} is held by this core, pid ${pid}`);
  }
  if ("unknown" in settings) return skipped("port", settings.unknown);
  const address = parseListenAddress(settings.value.config.listen);
  if (typeof address === "string") return skipped("port", address);
  const { listen } = settings.value.config;
  try {
    Deno.listen(address).close();
    return ok("port", address.port === 0 ? "any free one" : `${listen} is free`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) {
      return failure(
        "port",
        `${listen} cannot be listened on: ${messageOf(error)}`,
        "Choose an address of this machine, and a port from 1024 on.",
      );
    }
    return await judgeTaken(address, listen);
  }
}

async function judgeTaken(address: ListenAddress, listen: string): Promise<Check> {
  const [holder, isCore] = await Promise.all([portHolder(address), answersLikeCore(address)]);
  const what = isCore ? ", which answers like a core of another data directory" : "";
  const who = holder
    ? `pid ${holder.pid} (${holder.name})${what}`
    : `a program that is not yours to see${what}`;
  const end = holder ? `End it (kill ${holder.pid}), or listen` : "Listen";
  return failure(
    "port",
    `${listen} is held by ${who}`,
    `${end} on another port: "listen" in the config, or --listen 127.0.0.1:PORT`,
  );
}

async function answersLikeCore(address: ListenAddress): Promise<boolean> {
  const reachable = { ...address, hostname: address.hostname.replace(/^0\.0\.0\.0$/, "127.0.0.1") };
  const statuses = await Promise.all([
    send(reachable, "/healthz"),
    send(reachable, "/api/v1/status"),
  ]).catch(() => []);
  return statuses[0] === 200 && statuses[1] === 401;
}

/**
 * Sends the running core what it must refuse, over TCP.
 * @param answers of the core, its config among them
 * @param apiKey the key by our settings
 * @returns the checks
 */
export async function checkRefusals(
  answers: Known<CoreAnswers>,
  apiKey: Known<string | undefined>,
): Promise<Check[]> {
  const ids = ["tcp-host", "tcp-origin", "tcp-key"] as const;
  if ("unknown" in answers) return ids.map((id) => skipped(id, answers.unknown));
  const { config, info } = answers.value;
  const address = parseListenAddress(info.listen_addr);
  if (typeof address === "string") return ids.map((id) => skipped(id, address));
  const everyHost = Array.isArray(config.trusted_hosts) &&
    config.trusted_hosts.some((host) => String(host).trim() === "*");
  try {
    return await Promise.all([
      everyHost
        ? skipped("tcp-host", "trusted_hosts lets every host in")
        : checkHost(address, info.listen_addr),
      everyHost ? skipped("tcp-origin", "trusted_hosts lets every host in") : checkOrigin(address),
      checkKey(address, config.require_mcp_auth !== false, apiKey),
    ]);
  } catch (error) {
    return [
      failure("tcp-host", `${info.listen_addr}: ${messageOf(error)}`, "Restart the core."),
      ...ids.slice(1).map((id) => skipped(id, "nothing answers over TCP")),
    ];
  }
}

async function checkHost(address: ListenAddress, own: string): Promise<Check> {
  const [foreignHost, ownHost] = await Promise.all([
    send(address, "/healthz", { host: foreign }),
    send(address, "/healthz"),
  ]);
  if (foreignHost !== 403) {
    return failure("tcp-host", `a request to the host ${foreign}: ${foreignHost}`, suspicious);
  }
  return ownHost === 200
    ? ok("tcp-host", `a request to the host ${foreign}: 403; to ${own}: 200`)
    : failure("tcp-host", `a request to ${own}: ${ownHost}`, suspicious);
}

async function checkOrigin(address: ListenAddress): Promise<Check> {
  const status = await send(address, "/healthz", { origin: `http://${foreign}` });
  const evidence = `a request from a page of ${foreign}: ${status}`;
  return status === 403 ? ok("tcp-origin", evidence) : failure("tcp-origin", evidence, suspicious);
}

async function checkKey(
  address: ListenAddress,
  mcpNeedsKey: boolean,
  apiKey: Known<string | undefined>,
): Promise<Check> {
  const api = "/api/v1/status";
  const wrong = { "x-api-key": crypto.randomUUID() };
  const key = "value" in apiKey ? apiKey.value : undefined;
  const [without, withWrong, mcp, withRight] = await Promise.all([
    send(address, api),
    send(address, api, wrong),
    mcpNeedsKey ? send(address, "/mcp", wrong) : null,
    key === undefined ? null : send(address, api, { "x-api-key": key }),
  ]);
  const evidence = [
    `without a key: ${without}; with a wrong one: ${withWrong}`,
    mcp === null ? "/mcp is open (require_mcp_auth)" : `/mcp with a wrong one: ${mcp}`,
    ...withRight === null ? [] : [`with the right one: ${withRight}`],
  ];
  if (without !== 401 || withWrong !== 401 || (mcp !== null && mcp !== 401)) {
    return failure("tcp-key", evidence, suspicious);
  }
  if (withRight !== null && withRight !== 200) {
    return warning(
      "tcp-key",
      evidence,
      "The core uses another key, by its MCPPROXY_API_KEY or because yours is set: unset it, or restart the core.",
    );
  }
  return ok("tcp-key", evidence);
}

/** The status of the answer. `node:http`, since fetch lets nobody name another host. */
function send(
  { hostname, port }: ListenAddress,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: hostname, port, path, headers, agent: false });
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${patienceMs / 1000} s`));
    }, patienceMs);
    request.on("response", (response) => {
      clearTimeout(timer);
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}
