/**
 * What sets the umask for a moment, in one module: the umask is the whole process's, and `deno test --parallel` runs modules
 * as threads of one process.
 */
import "./unix/listener.ts";
import "./unix/requests.ts";
import "./unix/stop.ts";
import "./unix/channel.ts";
import "./unix/channel_faults.ts";
import "./unix/once.ts";
