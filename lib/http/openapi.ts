/** The OpenAPI document, made from the contracts when someone first asks for it. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnvironment } from "./environment.ts";

/** An OpenAPI 3.1 document. */
export type OpenApiDocument = ReturnType<OpenAPIHono<AppEnvironment>["getOpenAPI31Document"]>;

/**
 * Describes the API.
 * @param app the app whose contracts are described; its registry gets the security schemes
 * @param version the version of the core
 * @returns the document
 */
export function openApiDocument(
  app: OpenAPIHono<AppEnvironment>,
  version: string,
): OpenApiDocument {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent("securitySchemes", "ApiKeyHeader", {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "On the private channel no key is needed.",
  });
  registry.registerComponent("securitySchemes", "BearerToken", { type: "http", scheme: "bearer" });
  registry.registerComponent("securitySchemes", "ApiKeyQuery", {
    type: "apiKey",
    in: "query",
    name: "apikey",
    description: "For GET and HEAD only, since an EventSource cannot set headers.",
  });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "mcpproxy", version },
    security: [{ ApiKeyHeader: [] }, { BearerToken: [] }, { ApiKeyQuery: [] }],
  });
}
