import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@switchyard/protocol";
import { readJsonFile, writeFileAtomic } from "./files.js";
import { explainSystemError } from "./system-errors.js";

describe("files", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-files-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("are replaced whole, with the asked mode, and nothing is left beside them", async () => {
    const path = join(directory, "state.json");
    await writeFile(path, "old and longer than the new one");
    await Promise.all([writeFileAtomic(path, "new", 0o600), writeFileAtomic(path, "new", 0o600)]);
    assert.equal(await readFile(path, "utf8"), "new");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(directory), ["state.json"]);
  });

  it("stay as they were when the new one cannot be written", async () => {
    const path = join(directory, "state");
    await mkdir(path);
    await assert.rejects(writeFileAtomic(path, "text"), AppError);
    assert.deepEqual(await readdir(directory), ["state"]);
  });

  it("that are missing read as undefined, and what is not JSON is refused", async () => {
    const path = join(directory, "data.json");
    assert.equal(await readJsonFile(path), undefined);
    await writeFile(path, "{");
    await assert.rejects(readJsonFile(path), (error: AppError) => error.code === "config-invalid");
  });
});

describe("explainSystemError", () => {
  it("turns error codes of the system into sentences", () => {
    const explain = (code: string, about = {}) =>
      explainSystemError(Object.assign(new Error("raw"), { code }), about).code;
    assert.equal(explain("EADDRINUSE", { port: 1 }), "port-taken");
    assert.equal(explain("EACCES", { port: 80 }), "port-refused");
    assert.equal(explain("EACCES", { path: "/x" }), "no-permission");
    assert.equal(explain("ENOSPC"), "disk-full");
    assert.equal(explain("SQLITE_NOTADB"), "store-corrupt");
    assert.equal(explain("EWHATEVER"), "internal");
    const own = new AppError("cancelled");
    assert.equal(explainSystemError(own), own);
  });
});
