/** Adds servers to a config, one save each, until it is done or killed. Arguments: config file, prefix, count. */
import { appendValue } from "../../lib/config/json_edit.ts";
import { editConfig } from "../../lib/config/save.ts";

const [path, prefix, count] = Deno.args;
for (let index = 0; index < Number(count); index++) {
  const server = { name: `${prefix}${index}`, command: "true", args: ["x".repeat(200)] };
  await editConfig(path!, (text) => appendValue(text!, ["mcpServers"], server));
}
