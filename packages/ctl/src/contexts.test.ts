import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCtl } from "./command-line.js";
import { changeContexts, chooseContext, contextFilePath } from "./contexts.js";
import { FakeIo, withFolder } from "./testing/fake-io.js";

const TOKEN = "swu_0123456789abcdefghij";

describe("contexts", () => {
  it("are kept where the platform keeps settings, or where the variable says", () => {
    const place = { homeDirectory: "/home/a", platform: "linux" as const };
    const at = (environment: Record<string, string>) => contextFilePath({ ...place, environment });
    assert.equal(at({}), "/home/a/.config/switchyard/contexts.json");
    assert.equal(at({ XDG_CONFIG_HOME: "/x" }), "/x/switchyard/contexts.json");
    assert.equal(at({ SWITCHYARD_CONTEXT_FILE: "/y.json", XDG_CONFIG_HOME: "/x" }), "/y.json");
    const windows = contextFilePath({ ...place, platform: "win32", environment: { APPDATA: "/appdata" } });
    assert.equal(windows, "/appdata/switchyard/contexts.json");
  });

  it("are added from standard input, readable by the owner only, without showing the token", () =>
    withFolder(async (folder) => {
      const io = new FakeIo(folder, { input: `${TOKEN}\n` });
      const args = ["context", "add", "home", "--url", "http://localhost:1/", "--token-file", "-"];
      assert.equal(await runCtl(args, io), 0, io.stderr.text);
      const path = contextFilePath(io);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.deepEqual(JSON.parse(await readFile(path, "utf8")), {
        current: "home",
        contexts: { home: { url: "http://localhost:1", token: TOKEN } },
      });
      assert.equal(await runCtl(["context", "list"], io), 0);
      assert.match(io.stdout.text, /\* +home +http:\/\/localhost:1/);
      assert.doesNotMatch(io.stdout.text + io.stderr.text, /swu_/);
    }));

  it("are used and removed by name", () =>
    withFolder(async (folder) => {
      const io = new FakeIo(folder);
      await changeContexts(contextFilePath(io), (file) => {
        file.contexts["a"] = { url: "http://a", token: TOKEN };
        file.contexts["b"] = { url: "http://b", token: TOKEN };
        file.current = "a";
      });
      assert.equal(await runCtl(["context", "use", "b"], io), 0);
      assert.equal((await chooseContext(io, undefined)).url, "http://b");
      assert.equal((await chooseContext(io, "a")).url, "http://a");
      assert.equal(await runCtl(["context", "remove", "b"], io), 0);
      await assert.rejects(chooseContext(io, undefined), { code: "no-context" });
      assert.equal(await runCtl(["context", "use", "b"], io), 3);
    }));

  it("give way to the variables, which only count together", () =>
    withFolder(async (folder) => {
      const environment = { SWITCHYARD_URL: "http://elsewhere:9", SWITCHYARD_TOKEN: TOKEN };
      const chosen = await chooseContext(new FakeIo(folder, { environment }), undefined);
      assert.deepEqual(chosen, { url: "http://elsewhere:9", token: TOKEN });
      const half = new FakeIo(folder, { environment: { SWITCHYARD_URL: "http://elsewhere:9" } });
      await assert.rejects(chooseContext(half, undefined), { code: "usage" });
    }));

  it("survive many writers at once", () =>
    withFolder(async (folder) => {
      const path = join(folder, "contexts.json");
      const names = Array.from({ length: 10 }, (_, at) => `c${at}`);
      await Promise.all(
        names.map((name) =>
          changeContexts(path, (file) => void (file.contexts[name] = { url: "http://a", token: TOKEN })),
        ),
      );
      const file = JSON.parse(await readFile(path, "utf8")) as { contexts: object };
      assert.deepEqual(Object.keys(file.contexts).sort(), names);
    }));

  it("are not overwritten when the file holds something else", () =>
    withFolder(async (folder) => {
      const path = join(folder, "contexts.json");
      await writeFile(path, '{"mine": true}');
      await assert.rejects(
        changeContexts(path, () => undefined),
        { code: "config-invalid" },
      );
      assert.equal(await readFile(path, "utf8"), '{"mine": true}');
    }));
});
