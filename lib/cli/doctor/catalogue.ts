/** What the doctor looks at. The ids never change their meaning; `docs/doctor.md` holds this table. */

/** One kind of check. */
interface Entry {
  /** A few words, for the report. */
  title: string;
  /** What has to hold. */
  what: string;
  /** What mends it; what `--fix` does by itself ends with "(--fix)". */
  mend: string;
}

const entries = {
  "config-file": {
    title: "Config file",
    what: "a regular file of yours that nobody else can read or write, in a folder where nobody " +
      "else can put another",
    mend: "chmod 600 (--fix)",
  },
  "config-contents": {
    title: "Config contents",
    what: "strict JSON, every field as the schema wants it; each fault by line and column",
    mend: "edit the line that is named",
  },
  "settings": {
    title: "Settings",
    what: "flags, environment variables and `data_dir` can be used",
    mend: "correct the one that is named",
  },
  "data-directory": {
    title: "Data directory",
    what: "a directory of yours with mode 0700; a link to it is yours too",
    mend: "create it, or chmod 700 (--fix)",
  },
  "data-directory-parents": {
    title: "Folders above",
    what: "nobody but you and root can put another data directory in the place of yours",
    mend: "chmod go-w on the folder that is named",
  },
  "file-system": {
    title: "File system",
    what: "keeps modes, locks files and holds sockets; tried in the data directory",
    mend: "a data directory on a local file system",
  },
  "disk-space": {
    title: "Free space",
    what: "200 MiB free where the data directory lies; below 10 MiB is a failure",
    mend: "free some space",
  },
  "log-directory": {
    title: "Log folder",
    what: "log files can be written there",
    mend: "create it, or choose another with `logging.log_dir`",
  },
  "core-lock": {
    title: "Lock",
    what: "free, or held by a core of yours that lives",
    mend: "what the evidence suggests",
  },
  "other-core": {
    title: "Other data directory",
    what: "no core runs for the default data directory while another was asked about",
    mend: "leave out --data-dir and MCPPROXY_DATA, or start a core for this one",
  },
  "runtime-file": {
    title: "runtime.json",
    what: "written by the core that runs; gone when none does",
    mend: "remove it (--fix)",
  },
  "private-channel": {
    title: "Private channel",
    what: "switched on, and opened by the core that runs",
    mend: "`enable_socket: true`, or what the core's error says",
  },
  "socket-folder": {
    title: "Socket folder",
    what: "there, short enough for a socket, and nobody else can replace what lies in it",
    mend: "another `--tray-endpoint`, or chmod 700 (--fix)",
  },
  "socket": {
    title: "Socket",
    what: "a socket of yours with mode 0600 that this core serves; nothing else at its path",
    mend: "remove a dead one, chmod 600 (--fix); move anything else away",
  },
  "core-answer": {
    title: "Core",
    what: "answers within four seconds",
    mend: "start, continue or restart it",
  },
  "peer-identity": {
    title: "Peer identity",
    what: "asked who it sees, the core names this very process and user",
    mend: "restart the core",
  },
  "core-version": {
    title: "Core version",
    what: "the core that runs is of the version of this program",
    mend: "restart the core, or update this program",
  },
  "clock": {
    title: "Clock",
    what: "the year makes sense, and core and doctor agree within five seconds",
    mend: "set the clock",
  },
  "descriptor-limit": {
    title: "Open files",
    what: "1024 files may be open at once; below 256 is a failure",
    mend: "raise it with ulimit -n",
  },
  "listen-address": {
    title: "Listen address",
    what: "the loopback address: reached from this machine alone",
    mend: '`"listen": "127.0.0.1:8080"`',
  },
  "port": {
    title: "Port",
    what: "free, or held by this core",
    mend: "end the program that is named, or listen on another port",
  },
  "api-key": {
    title: "API key",
    what: "cannot be guessed: 72 bits or more by its look, no placeholder; below 64 is a failure",
    mend: "delete `api_key`; the next start writes one of 256 random bits",
  },
  "mcp-auth": {
    title: "Key for MCP",
    what: "`require_mcp_auth` is not false; on an address that others reach that is a failure",
    mend: "`require_mcp_auth: true`",
  },
  "trusted-hosts": {
    title: "Trusted hosts",
    what: "`trusted_hosts` names hosts, and is not `*`",
    mend: "name the hosts",
  },
  "tcp-host": {
    title: "Host check",
    what: "a request that names another host is refused, tried over TCP",
    mend: "stop what answers there, and report it if that is the core",
  },
  "tcp-origin": {
    title: "Origin check",
    what: "a request from a page of another site is refused, tried over TCP",
    mend: "stop what answers there, and report it if that is the core",
  },
  "tcp-key": {
    title: "Key check",
    what: "without a key 401, with a wrong one 401, with the right one an answer, tried over TCP",
    mend: "restart the core, so that it uses the key of the config",
  },
  "upstream-entry": {
    title: "Server entry",
    what: "it is clear how the server is reached, and secrets are not sent in clear text",
    mend: "edit the entry",
  },
  "upstream-references": {
    title: "Server variables",
    what: "every `${env:NAME}` of an enabled server is set",
    mend: "set the variable where the core is started",
  },
  "upstream-command": {
    title: "Server command",
    what: "the program is on the PATH that the core has, in a tray's start too",
    mend: "install it, or give its full path",
  },
  "upstream-state": {
    title: "Server state",
    what: "connected, in the words of the core that runs",
    mend: "what the server's error says; see its log",
  },
  "node": {
    title: "Node",
    what: "installed, 18 or newer, if a server is started with node, npm or npx",
    mend: "install Node.js",
  },
  "uv": {
    title: "uv",
    what: "installed, if a server is started with uv or uvx",
    mend: "install uv",
  },
  "docker": {
    title: "Docker",
    what: "installed and its daemon answers, if a server is started with docker",
    mend: "install or start Docker",
  },
  "tray": {
    title: "Tray",
    what: "whether one runs; none is needed",
    mend: "",
  },
  "autostart": {
    title: "Start at login",
    what: "if it is on, the program that it names exists",
    mend: "mcpproxy-tray autostart enable",
  },
} as const satisfies Record<string, Entry>;

/** The name of a check, for programs. */
export type CheckId = keyof typeof entries;

/** Every kind of check, in the order of the report. */
export const catalogue: Readonly<Record<CheckId, Entry>> = entries;
