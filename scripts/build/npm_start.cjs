#!/usr/bin/env node
// deno-lint-ignore-file no-console
// Starts @name@ on the Deno that npm has brought for this machine: one of the optional dependencies, without a script that
// runs at installation.
"use strict";
const { spawn } = require("node:child_process");
const { dirname, join } = require("node:path");

const libc = process.platform === "linux" ? "-glibc" : "";
const runtime = `@deno/${process.platform}-${process.arch}${libc}`;

function denoPath() {
  try {
    return join(
      dirname(require.resolve(`${runtime}/package.json`)),
      process.platform === "win32" ? "deno.exe" : "deno",
    );
  } catch {
    console.error(`@name@: ${runtime} is not installed, so this machine has no Deno to run on.`);
    console.error("Was it installed with --omit=optional, or is there no Deno for this machine?");
    process.exit(1);
  }
}

const options = process.platform === "win32" ? "@windowsoptions@" : "@options@";
const app = join(__dirname, "..", "app");
const args = [
  ...["run", "-q", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
  ...options.split(" "),
  ...[join(app, "@entry@"), __filename, ...process.argv.slice(2)],
];
const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };
const deno = denoPath();
if (process.execve && process.platform !== "win32") {
  process.emitWarning = () => {}; // that execve is experimental
  process.execve(deno, [deno, ...args], env);
}
// An older Node stays, and hands on what it is told.
const child = spawn(deno, args, { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`@name@: ${deno} does not start: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
