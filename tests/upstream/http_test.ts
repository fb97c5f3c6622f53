import assert from "node:assert/strict";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { callText, npmServer, serverConfig, until, untilState, withUpstreams } from "./helper.ts";

/** server-everything over HTTP or SSE, for the length of a test. */
async function withEverything(
  mode: "streamableHttp" | "sse",
  test: (port: number, kill: () => Promise<unknown>) => Promise<void>,
  port = freePort(),
): Promise<void> {
  const server = new Deno.Command(Deno.execPath(), {
    args: npmServer("server-everything", mode),
    env: { PORT: String(port) },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let killed: Promise<unknown> | undefined;
  const kill = () => {
    if (killed === undefined) server.kill("SIGKILL");
    return killed ??= server.status;
  };
  try {
    await until(() => canConnect(port), "the server listens");
    await test(port, kill);
  } finally {
    await kill();
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

async function canConnect(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

function closeConnection(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // it is closed
  }
}

/** An HTTP server of our own, for the length of a test. */
async function withHandler(
  handler: (request: Request) => Response | Promise<Response>,
  test: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  try {
    await test(`http://127.0.0.1:${server.addr.port}/mcp`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("http: server-everything; it is found again after it was away", async () => {
  await withUpstreams(async (upstreams) => {
    let port = 0;
    await withEverything("streamableHttp", async (its) => {
      port = its;
      upstreams.apply([serverConfig({ name: "web", url: `http://127.0.0.1:${port}/mcp` })]);
      await untilState(upstreams, "web", "ready");
      const { protocol, era, server_info, pid, tool_count } = upstreams.get("web")!;
      assert.deepEqual([protocol, era, pid], ["http", "legacy", null]);
      assert.equal(server_info?.name, "mcp-servers/everything");
      assert(tool_count >= 10);
      assert.equal(await callText(upstreams, "web", "echo", { message: "hi" }), "Echo: hi");
      const seen: number[] = [];
      await upstreams.callTool(
        "web",
        "trigger-long-running-operation",
        { duration: 0.3, steps: 3 },
        {
          onprogress: ({ progress }) => void seen.push(progress),
        },
      );
      assert.deepEqual(seen, [1, 2, 3]);
    });
    await until(() => upstreams.get("web")?.last_error !== null, "the loss is noticed");
    assert.match(upstreams.get("web")!.last_error!, /connect|127\.0\.0\.1/i);
    await withEverything("streamableHttp", async () => {
      await upstreams.restart("web");
      await untilState(upstreams, "web", "ready");
      assert.equal(await callText(upstreams, "web", "echo", { message: "again" }), "Echo: again");
    }, port);
  }, { healthCheckInterval: 200 });
});

Deno.test("http: a server that was started anew in between has forgotten our session, which a call finds out", async () => {
  await withUpstreams(async (upstreams) => {
    const sessions = new Set<string>();
    await withHandler(async (request) => {
      const session = request.headers.get("mcp-session-id");
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const { id, method } = await request.json();
      if (method === "initialize") {
        const fresh = crypto.randomUUID();
        sessions.add(fresh);
        const result = {
          protocolVersion: "2025-06-18",
          capabilities: {},
          serverInfo: { name: "x", version: "1" },
        };
        return Response.json({ jsonrpc: "2.0", id, result }, {
          headers: { "mcp-session-id": fresh },
        });
      }
      if (session === null) return new Response("Bad Request", { status: 400 });
      if (!sessions.has(session)) return new Response("Session not found", { status: 404 });
      if (id === undefined) return new Response(null, { status: 202 });
      return Response.json({ jsonrpc: "2.0", id, result: { content: [] } });
    }, async (url) => {
      upstreams.apply([serverConfig({ name: "web", protocol: "http", url })]);
      await untilState(upstreams, "web", "ready");
      await upstreams.callTool("web", "x", {});
      sessions.clear();
      await assert.rejects(upstreams.callTool("web", "x", {}), /404/);
      assert.match(upstreams.get("web")!.last_error!, /forgotten our session/);
      await untilState(upstreams, "web", "ready");
      await upstreams.callTool("web", "x", {});
    });
  });
});

Deno.test("sse: server-everything; found by a fallback, remembered, and lost as soon as it goes", async () => {
  await withUpstreams(async (upstreams) => {
    await withEverything("sse", async (port, kill) => {
      const url = `http://127.0.0.1:${port}/sse`;
      upstreams.apply([
        serverConfig({ name: "auto", url }),
        serverConfig({ name: "named", protocol: "sse", url }),
      ]);
      for (const name of ["auto", "named"]) {
        await untilState(upstreams, name, "ready");
        assert.equal(upstreams.get(name)?.protocol, "sse");
        assert.equal(await callText(upstreams, name, "echo", { message: "hi" }), "Echo: hi");
      }
      await kill();
      await until(
        () => upstreams.list().every(({ last_error }) => last_error !== null),
        "the loss is noticed",
      );
    });
  });
});

Deno.test("http: one that wants credentials says so, and gets them from the config", async () => {
  const seen: (string | null)[] = [];
  await withUpstreams(async (upstreams) => {
    await withHandler((request) => {
      seen.push(request.headers.get("authorization"));
      return new Response("no", { status: 401, headers: { "www-authenticate": "Bearer" } });
    }, async (url) => {
      const headers = { Authorization: "Bearer sesame-open" };
      upstreams.apply([
        serverConfig({ name: "web", url }),
        serverConfig({ name: "old", protocol: "sse", url, headers }),
      ]);
      for (const name of ["web", "old"]) {
        await untilState(upstreams, name, "error");
        assert.match(
          upstreams.get(name)!.last_error!,
          /asks for authentication \(HTTP 401\).*`headers`/,
        );
        assert(upstreams.get(name)!.next_retry_at !== null);
      }
      assert(seen.includes(null) && seen.includes("Bearer sesame-open"));
    });
  });
});

Deno.test("http: neither HTTP nor SSE, nobody there, and no secret in the text", async () => {
  await withUpstreams(async (upstreams) => {
    await withHandler(() => new Response("nothing here", { status: 404 }), async (url) => {
      const nobody = `http://127.0.0.1:${freePort()}/mcp?api_key=sesame-open`;
      upstreams.apply([
        serverConfig({ name: "web", url }),
        serverConfig({ name: "nobody", url: nobody }),
      ]);
      await untilState(upstreams, "web", "error");
      assert.match(
        upstreams.get("web")!.last_error!,
        /neither streamable HTTP \(.*404.*\) nor SSE \(.*404.*\)/,
      );
      await untilState(upstreams, "nobody", "error");
      assert.match(upstreams.get("nobody")!.last_error!, /onnection refused/);
      assert.doesNotMatch(upstreams.get("nobody")!.last_error!, /sesame/);
    });
  });
});

Deno.test("http: an answer without end is cut off", async () => {
  await withUpstreams(async (upstreams) => {
    let sent = 0;
    const endless = () =>
      new ReadableStream({
        pull(controller) {
          sent += 65_536;
          controller.enqueue(new Uint8Array(65_536).fill(32));
        },
      });
    await withHandler((request) => {
      const type = request.headers.get("x-type")!;
      return new Response(endless(), { headers: { "content-type": type } });
    }, async (url) => {
      for (const type of ["application/json", "text/event-stream"]) {
        sent = 0;
        upstreams.apply([
          serverConfig({ name: type, url, headers: { "x-type": type }, init_timeout: 1_500 }),
        ]);
        await untilState(upstreams, type, "error");
        assert(sent < 64 * 1024 * 1024, `${type}: ${sent} bytes`);
      }
    });
  });
});

Deno.test("http: a call whose connection dies is not sent a second time", async () => {
  const posts: Record<string, number> = {};
  const results: Record<string, unknown> = {
    initialize: {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "raw", version: "1" },
    },
    "tools/list": { tools: [] },
  };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (connection: Deno.TcpConn) => {
    const buffer = new Uint8Array(65_536);
    for (let read; (read = await connection.read(buffer)) !== null;) {
      const [head = "", body = ""] = new TextDecoder().decode(buffer.subarray(0, read)).split(
        "\r\n\r\n",
      );
      if (!head.startsWith("POST")) {
        await connection.write(
          new TextEncoder().encode("HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n"),
        );
        continue;
      }
      const { id, method } = JSON.parse(body); // so small that it comes in one piece with its head
      posts[method] = (posts[method] ?? 0) + 1;
      if (method === "tools/call") break; // read, perhaps acted upon, and then gone
      const result = results[method];
      const text = result === undefined ? "" : JSON.stringify({ jsonrpc: "2.0", id, result });
      const status = result !== undefined
        ? "200 OK"
        : id === undefined
        ? "202 Accepted"
        : "400 Bad Request";
      const headers = `content-type: application/json\r\ncontent-length: ${text.length}`;
      await connection.write(
        new TextEncoder().encode(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${text}`),
      );
    }
    closeConnection(connection);
  };
  const open = new Set<Promise<void>>();
  const connections: Deno.TcpConn[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      open.add(serve(connection).catch(() => {}));
    }
  })();
  await withUpstreams(async (upstreams) => {
    const url = `http://127.0.0.1:${listener.addr.port}/mcp`;
    upstreams.apply([serverConfig({ name: "raw", protocol: "http", url })]);
    await untilState(upstreams, "raw", "ready");
    await new Promise((resolve) => setTimeout(resolve, 100)); // connections are back in the pool
    await assert.rejects(upstreams.callTool("raw", "pay", {}), /could not be called/);
    assert.equal(posts["tools/call"], 1);
  });
  listener.close();
  await serving;
  connections.forEach(closeConnection); // those that the client keeps for later
  await Promise.all(open);
});

Deno.test("http: a server of 2026-07-28, with changes of its tools and arguments in headers", async () => {
  let offered = 1;
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "modern", version: "3.1" }, {
      capabilities: { tools: { listChanged: true } },
    });
    const inputSchema = z.object({ region: z.string().meta({ "x-mcp-header": "Region" }) });
    server.registerTool(
      "where",
      { inputSchema },
      ({ region }) => ({ content: [{ type: "text", text: region }] }),
    );
    for (let i = 0; i < offered; i++) {
      server.registerTool(`tool_${i}`, {}, () => ({ content: [{ type: "text", text: `${i}` }] }));
    }
    return server;
  }, { legacy: "reject" });
  const regions: (string | null)[] = [];
  await withHandler((request) => {
    regions.push(request.headers.get("mcp-param-region"));
    return handler.fetch(request);
  }, async (url) => {
    await withUpstreams(async (upstreams) => {
      upstreams.apply([serverConfig({ name: "web", url })]);
      await untilState(upstreams, "web", "ready");
      assert.deepEqual([upstreams.get("web")?.era, upstreams.tools("web").length], ["modern", 2]);
      assert.equal(await callText(upstreams, "web", "where", { region: "north" }), "north");
      assert(regions.includes("north"));
      assert.equal(await callText(upstreams, "web", "tool_0"), "0");

      const changes: string[] = [];
      upstreams.onChange(({ kind }) => void changes.push(kind));
      await new Promise((resolve) => setTimeout(resolve, 300)); // checks by server/discover go on meanwhile
      offered = 3;
      handler.notify.toolsChanged();
      await until(() => upstreams.tools("web").length === 4, "the new tools are seen");
      assert.deepEqual(changes, ["tools"]);
    }, { healthCheckInterval: 50 });
    await handler.close();
  });
});
