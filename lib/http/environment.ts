/** What every handler and middleware of the app finds in its context. */
import type { Visit } from "./visit.ts";

/** Hono's generic environment of this app. */
export interface AppEnvironment {
  /** Made of what the listener hands down beside each request. */
  Bindings: Visit;
}
