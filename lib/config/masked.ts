/** The config in force as it may be shown. */
import { withDefaults } from "./defaults.ts";
import type { JsonObject } from "../json_object.ts";
import type { Config } from "./schema.ts";
import { maskConfig } from "./secrets.ts";

/**
 * The config in the spelling of the file, with every secret masked.
 * @param config the config in force
 * @param raw the root object of the file; unknown fields stay in it
 * @returns a copy
 */
export function maskedConfig(config: Config, raw: JsonObject): JsonObject {
  const { listen, enable_socket, tray_endpoint = "", data_dir, api_key, logging } = config;
  const file = withDefaults(raw);
  return maskConfig({
    ...file,
    ...{ listen, enable_socket, tray_endpoint, data_dir, api_key },
    logging: {
      ...file.logging as JsonObject,
      level: logging.level,
      enable_file: logging.enable_file,
    },
  });
}
