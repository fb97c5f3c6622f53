import { equal } from "node:assert/strict";
import { createLazyApp } from "../../lib/http/lazy_app.ts";
import { API_KEY, fakeServices } from "./fake_services.ts";

function request(path: string, headers: Record<string, string> = {}): Request {
  return new Request(`http://127.0.0.1:8080${path}`, {
    headers: { host: "127.0.0.1:8080", ...headers },
  });
}

Deno.test("probes are answered within one turn, before anything else is loaded", async () => {
  const app = createLazyApp(fakeServices());
  for (const path of ["/healthz", "/livez", "/health", "/readyz", "/ready", "/readyz?a=b"]) {
    for (const source of ["tcp", "socket"] as const) {
      const response = app.fetch(request(path), { source });
      equal(response instanceof Response || source === "tcp", true, path);
      equal((await response).status, 200, path);
    }
  }
  app.close();
});

Deno.test("probes are checked for their Host as everything else is", async () => {
  const app = createLazyApp(fakeServices());
  const response = await app.fetch(request("/healthz", { host: "evil.example" }), {
    source: "tcp",
  });
  equal(response.status, 403);
  app.close();
});

Deno.test("everything else is loaded with the first request, however many come at once", async () => {
  const app = createLazyApp(fakeServices());
  const paths = ["/api/v1/status", "/healthz/x", "/x?/healthz", "/api/v1/servers"];
  const statuses = await Promise.all(
    paths.map(async (path) => {
      const headers = { "x-api-key": API_KEY };
      return (await app.fetch(request(path, headers), { source: "tcp" })).status;
    }),
  );
  equal(statuses.join(), "200,404,404,200");
  equal((await app.fetch(request("/api/v1/status"), { source: "tcp" })).status, 401);
  app.close();
});

Deno.test("what is closed while it loads is closed when it is loaded", async () => {
  const services = fakeServices();
  const app = createLazyApp(services);
  const asked = app.fetch(request("/events", { "x-api-key": API_KEY }), { source: "tcp" });
  app.close();
  const response = await asked;
  await response.body?.cancel();
});
