import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkPath,
  checkPrivateFolder,
  PermissionError,
  preparePrivateFolder,
} from "../../lib/ipc/private_path_unix.ts";
import { startModule } from "../support/child.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const user = Deno.uid() ?? assert.fail("no user id");
const stranger = 54321;

const modeOf = (path: string): number => (Deno.lstatSync(path).mode ?? 0) & 0o7777;

/** Makes a folder of exactly this mode, whatever the umask. */
function folder(path: string, mode = 0o700): string {
  Deno.mkdirSync(path);
  Deno.chmodSync(path, mode);
  return path;
}

/** A folder that is not ours: root can give one away, anyone else has the system's. */
function foreignFolder(path: string): string {
  if (user !== 0) return "/usr";
  folder(path);
  Deno.chownSync(path, stranger, null);
  return path;
}

/** Everything below a folder: kinds, owners, modes, times and contents. */
function snapshot(path: string): unknown[] {
  const { mode, uid, gid, ino, mtime, size } = Deno.lstatSync(path);
  const entries = Deno.lstatSync(path).isDirectory ? [...Deno.readDirSync(path)] : [];
  const below = entries.map(({ name }) => name).sort().map((name) => snapshot(join(path, name)));
  return [path, mode, uid, gid, ino, mtime?.getTime(), size, ...below];
}

/** What is refused by both functions, with exit code 5 and without a change to anything below `root`. */
function refused(root: string, path: string): PermissionError {
  const before = snapshot(root);
  const errors = [preparePrivateFolder, checkPrivateFolder].map((attempt) => {
    try {
      attempt(path, user);
    } catch (error) {
      return error;
    }
    return assert.fail(`${path} was accepted`);
  });
  assert.deepEqual(snapshot(root), before);
  for (const error of errors) {
    assert(error instanceof PermissionError, String(error));
    assert.equal(error.exitCode, 5);
    assert(error.next);
  }
  const [first, second] = errors as [PermissionError, PermissionError];
  assert.equal(first.message, second.message);
  return first;
}

Deno.test("validate data directory, success: 0700 passes and is left as it is", () => {
  using temporary = temporaryFolder();
  const path = folder(join(temporary.path, "data"));
  const before = snapshot(temporary.path);
  assert.equal(preparePrivateFolder(path, user), path);
  assert.equal(checkPrivateFolder(path, user), path);
  assert.deepEqual(snapshot(temporary.path), before);
});

Deno.test("validate data directory, create if not exists: it and what is above it are made 0700", () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a", "b", "data");
  assert.equal(preparePrivateFolder(path, user), path);
  for (const made of ["a", "a/b", "a/b/data"]) {
    assert.equal(modeOf(join(temporary.path, made)), 0o700, made);
  }
});

Deno.test("a missing folder is made 0700 whatever the umask, which is as it was afterwards", async () => {
  using temporary = temporaryFolder();
  for (const umask of ["0", "22", "2", "77", "177", "777"]) {
    const above = join(temporary.path, `umask-${umask}`);
    const path = join(above, "data");
    await using child = startModule(
      new URL("fixtures/prepare_folder.ts", import.meta.url),
      [umask, path],
    );
    await child.line(`umask ${umask}`);
    assert.equal(modeOf(above), 0o700);
    assert.equal(modeOf(path), 0o700);
  }
});

Deno.test("validate data directory, insecure permissions: refused with the command that mends it, and never changed", () => {
  using temporary = temporaryFolder();
  for (const mode of [0o755, 0o750, 0o701, 0o770, 0o707, 0o777, 0o1777, 0o710, 0o704]) {
    const path = folder(join(temporary.path, mode.toString(8)), mode);
    const error = refused(temporary.path, path);
    const shown = mode.toString(8).padStart(4, "0");
    assert.equal(error.message, `${path} is open to other users (mode ${shown}, must be 0700)`);
    assert.equal(error.next, `Run: chmod 700 ${path}`);
  }
});

Deno.test("the command can be copied into a shell whatever the path holds, and then it is accepted", async () => {
  using temporary = temporaryFolder();
  for (
    const name of [
      "with space",
      "with'quote",
      'with"double',
      "$(touch x)",
      "a;b&c|d",
      "é漢",
      "-x",
      "*",
    ]
  ) {
    const path = folder(join(temporary.path, name), 0o755);
    const command = refused(temporary.path, path).next ?? "";
    assert(command.startsWith("Run: chmod 700 "));
    const { success } = await new Deno.Command("sh", {
      args: ["-c", command.slice("Run: ".length)],
      cwd: temporary.path,
    }).output();
    assert(success, command);
    assert.equal(checkPrivateFolder(path, user), path);
  }
  assert.equal([...Deno.readDirSync(temporary.path)].length, 8);
});

Deno.test("validate data directory, not a directory: a file and a FIFO are refused", async () => {
  using temporary = temporaryFolder();
  const file = join(temporary.path, "file");
  Deno.writeTextFileSync(file, "kept", { mode: 0o600 });
  assert.equal(refused(temporary.path, file).message, `${file} is not a directory`);
  const fifo = join(temporary.path, "fifo");
  await new Deno.Command("mkfifo", { args: ["-m", "600", fifo] }).output();
  assert.equal(refused(temporary.path, fifo).message, `${fifo} is not a directory`);
  assert.equal(Deno.readTextFileSync(file), "kept");
});

Deno.test("a path that leads through a file is refused", () => {
  using temporary = temporaryFolder();
  const file = join(temporary.path, "file");
  Deno.writeTextFileSync(file, "");
  assert.match(refused(temporary.path, join(file, "data")).message, /file/);
});

Deno.test("a folder of another user is refused by name", () => {
  using temporary = temporaryFolder();
  const path = foreignFolder(join(temporary.path, "theirs"));
  const owner = Deno.lstatSync(path).uid;
  const error = refused(temporary.path, path);
  assert.equal(
    error.message,
    `the directory ${path} belongs to user ${owner}, not to you (user ${user})`,
  );
  // Seen from the other side: our folder is no place for them.
  const ours = folder(join(temporary.path, "ours"));
  assert.throws(() => checkPrivateFolder(ours, stranger), PermissionError);
});

Deno.test("a symbolic link of ours to a good folder is accepted, and the real path is told", () => {
  using temporary = temporaryFolder();
  const path = folder(join(temporary.path, "data"));
  const link = join(temporary.path, "link");
  Deno.symlinkSync(path, link);
  assert.equal(preparePrivateFolder(link, user), path);
  assert.equal(checkPrivateFolder(link, user), path);
});

Deno.test("a symbolic link to a loose or foreign folder, to a file or to nothing is refused", () => {
  using temporary = temporaryFolder();
  const link = (name: string, target: string) => {
    const path = join(temporary.path, name);
    Deno.symlinkSync(target, path);
    return path;
  };
  const loose = folder(join(temporary.path, "loose"), 0o755);
  const error = refused(temporary.path, link("to-loose", loose));
  assert.equal(error.next, `Run: chmod 700 ${loose}`);
  const foreign = foreignFolder(join(temporary.path, "theirs"));
  assert.match(refused(temporary.path, link("to-foreign", foreign)).message, /belongs to user/);
  Deno.writeTextFileSync(join(temporary.path, "file"), "");
  const toFile = link("to-file", join(temporary.path, "file"));
  assert.match(refused(temporary.path, toFile).message, /not a directory/);
  const dangling = link("dangling", join(temporary.path, "nowhere"));
  assert.match(refused(temporary.path, dangling).message, /leads nowhere/);
  const below = join(dangling, "data");
  assert.throws(() => preparePrivateFolder(below, user), PermissionError);
  assert.throws(() => checkPrivateFolder(below, user), PermissionError);
  const loop = join(temporary.path, "loop");
  Deno.symlinkSync(loop, loop);
  refused(temporary.path, loop);
});

Deno.test("a link that another user could turn elsewhere is refused", () => {
  using temporary = temporaryFolder();
  const path = folder(join(temporary.path, "data"));
  const link = join(temporary.path, "link");
  Deno.symlinkSync(path, link);
  assert.throws(() => checkPrivateFolder(link, stranger), (error) => {
    assert(error instanceof PermissionError);
    assert.match(error.message, /^the symbolic link .* belongs to user/);
    return true;
  });
});

Deno.test("below a folder that others may write, nothing is private; with the sticky bit it is", () => {
  using temporary = temporaryFolder();
  const above = folder(join(temporary.path, "above"));
  const path = folder(join(above, "data"));
  const missing = join(above, "missing");
  for (const mode of [0o777, 0o702, 0o707]) {
    Deno.chmodSync(above, mode);
    const error = refused(temporary.path, path);
    assert.match(error.message, /can be written by other users .* could replace/);
    assert.equal(error.next, `Run: chmod go-w ${above}`);
    assert.throws(() => preparePrivateFolder(missing, user), PermissionError);
    assert.throws(() => checkPath(above, user), PermissionError);
  }
  Deno.chmodSync(above, 0o1777);
  assert.equal(preparePrivateFolder(path, user), path);
  assert.equal(preparePrivateFolder(missing, user), missing);
  checkPath(above, user);
});

Deno.test("below a folder that a group may write, it is private only if the group is the user's own or root's", () => {
  using temporary = temporaryFolder();
  const above = folder(join(temporary.path, "above"));
  const path = folder(join(above, "data"));
  const check = (group: number | null, mode: number) => {
    Deno.chmodSync(above, mode);
    if (group === 0 || group === user) assert.equal(checkPrivateFolder(path, user), path);
    else assert.match(refused(temporary.path, path).message, /can be written by other users/);
  };
  check(Deno.lstatSync(above).gid, 0o775);
  if (user !== 0) return; // only root can give it another group
  Deno.chownSync(above, null, stranger);
  check(stranger, 0o770);
  Deno.chmodSync(above, 0o1770);
  assert.equal(checkPrivateFolder(path, user), path);
});

Deno.test("a folder that does not exist is made by a core and told by a client", () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "data");
  assert.throws(() => checkPrivateFolder(path, user), {
    name: "PermissionError",
    message: `${path} does not exist`,
    next: "Start the core first.",
  });
  assert.deepEqual([...Deno.readDirSync(temporary.path)], []);
});

Deno.test("permission error: its message is for a person, its exit code for a script", () => {
  const error = new PermissionError("/x is open", "Run: chmod 700 /x");
  assert.equal(error.name, "PermissionError");
  assert.equal(error.message, "/x is open");
  assert.equal(error.next, "Run: chmod 700 /x");
  assert.equal(error.exitCode, 5);
});
