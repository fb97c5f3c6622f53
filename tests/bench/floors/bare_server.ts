/** The floor for requests: `Deno.serve` with nothing around it. Arguments: the socket, and the JSON to answer with. */
import { announce } from "./announce.ts";

const [path = "", answer = "null"] = Deno.args;
const data: unknown = JSON.parse(answer);
const handler = () => Response.json(data);
Deno.serve({ path, onListen() {} }, handler);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: announce }, handler);
