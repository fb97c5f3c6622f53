/** The floor for memory: a server with Hono and one route. Argument: the socket. */
import { Hono } from "hono";
import { announce } from "./announce.ts";

const [path = ""] = Deno.args;
const app = new Hono();
app.get("/readyz", (c) => c.json({ ready: true }));
Deno.serve({ path, onListen() {} }, app.fetch);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: announce }, app.fetch);
