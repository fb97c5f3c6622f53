/**
 * The environment of a child. A server gets what programs need to find their files, the network and the user's session,
 * and nothing else: the core's own environment may hold keys of other servers and its own API key.
 */

import { type OperatingSystem, operatingSystem } from "../platform.ts";

/** By exact name; on Windows in any case, as names of variables are there. */
const inherited = new Set([
  // What every program expects; the first six are the SDK's own list.
  ...["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"],
  ...["TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE"],
  // How to reach the network.
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"],
  ...["http_proxy", "https_proxy", "no_proxy", "all_proxy"],
  // Which certificates to believe, by OpenSSL, Node, Deno, Python, curl, git, AWS and Nix.
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE"],
  ...["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "DENO_CERT", "DENO_TLS_CA_STORE"],
  ...["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"],
  // The user's session: windows of a browser, keyrings, keys for git.
  ...["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK"],
  // Docker, for servers that are containers.
  ...["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"],
  // Where the usual runners keep what they have fetched, and from where they fetch.
  ...["DENO_DIR", "NPM_CONFIG_CACHE", "npm_config_cache", "NPM_CONFIG_PREFIX", "npm_config_prefix"],
  ...[
    "NPM_CONFIG_REGISTRY",
    "npm_config_registry",
    "NPM_CONFIG_USERCONFIG",
    "npm_config_userconfig",
  ],
  ...["NVM_DIR", "VOLTA_HOME", "FNM_DIR", "ASDF_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR"],
  ...["PNPM_HOME", "BUN_INSTALL", "COREPACK_HOME"],
  ...["PYENV_ROOT", "UV_CACHE_DIR", "UV_TOOL_DIR", "UV_PYTHON_INSTALL_DIR", "PIPX_HOME"],
  ...["CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "JAVA_HOME", "DOTNET_ROOT"],
  ...["PLAYWRIGHT_BROWSERS_PATH", "PUPPETEER_CACHE_DIR"],
]);
/** What programs of Windows expect beside these. */
const inheritedOnWindows = [
  ...["SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT", "OS", "PSModulePath"],
  ...["USERPROFILE", "USERNAME", "USERDOMAIN", "HOMEDRIVE", "HOMEPATH", "PUBLIC", "SESSIONNAME"],
  ...["APPDATA", "LOCALAPPDATA", "ProgramData", "ALLUSERSPROFILE", "COMPUTERNAME"],
  ...["ProgramFiles", "ProgramFiles(x86)", "ProgramW6432"],
  ...["CommonProgramFiles", "CommonProgramFiles(x86)", "CommonProgramW6432"],
  ...["NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER"],
  ...["PROCESSOR_LEVEL", "PROCESSOR_REVISION"],
  ...["NVM_HOME", "NVM_SYMLINK"],
];
/** By how the name begins. */
const inheritedPrefixes = ["LC_", "XDG_"];

/**
 * The environment a server is started with.
 * @param base the environment to inherit from
 * @param own `env` of the server's config, references replaced; it wins
 * @param os the system it shall run on
 */
export function environmentFor(
  base: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
  os: OperatingSystem = operatingSystem,
): Record<string, string> {
  const folded = (name: string) => os === "windows" ? name.toUpperCase() : name;
  const wanted = new Set(
    [...inherited, ...os === "windows" ? inheritedOnWindows : []].map(folded),
  );
  const given = new Set(Object.keys(own).map(folded));
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    const key = folded(name);
    // Two that differ in case only would be one variable, and which of the values it has would be chance.
    if (given.has(key)) continue;
    const isWanted = wanted.has(key) || inheritedPrefixes.some((prefix) => key.startsWith(prefix));
    // A value that begins so is a function exported by an old bash, which is no business of a child (CVE-2014-6271).
    if (isWanted && !value.startsWith("()")) environment[name] = value;
  }
  return Object.assign(environment, own);
}

/**
 * PATH of an environment, which is `Path` on most Windows.
 * @param environment of a server
 * @param os the system it shall run on
 */
export function searchPathOf(
  environment: Readonly<Record<string, string>>,
  os: OperatingSystem = operatingSystem,
): string | undefined {
  if (os !== "windows") return environment.PATH;
  return Object.entries(environment).find(([name]) => name.toUpperCase() === "PATH")?.[1];
}
