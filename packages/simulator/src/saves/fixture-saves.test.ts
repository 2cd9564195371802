import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TestInstall } from "../testing/game-process.test.support.js";
import { readZip } from "../zip/read-zip.js";

const FIXTURES = fileURLToPath(new URL("../../../../../shared/fixtures/saves/", import.meta.url));

describe("saves of the real game", function () {
  this.timeout(60_000);

  it("start, run their own script and keep every entry's bytes when saved", async () => {
    const fixture = `${FIXTURES}vanilla-2.0.55.zip`;
    if (!existsSync(fixture)) return console.log("      skipped: no fixture saves beside the repository");
    const install = new TestInstall();
    try {
      mkdirSync(install.path("saves"));
      const save = install.path("saves", "renamed.zip");
      copyFileSync(fixture, save);
      const game = await install.start(save);
      assert.match(game.text, /Loading level\.dat: 7656420 bytes\./);
      assert.match(game.text, /Map version 2\.0\.55-0/);
      assert.equal(await game.quit(), 0);
      const before = readZip(readFileSync(fixture));
      const after = new Map(readZip(readFileSync(save)).map((entry) => [entry.name, entry]));
      assert.equal(after.size, before.length + 2);
      for (const entry of before) {
        const kept = after.get(entry.name.replace(/^init\//, "renamed/"));
        assert.ok(kept?.compressed.equals(entry.compressed), `${entry.name} has changed`);
      }
      const again = await install.start(save);
      assert.match(again.text, /Map version 2\.0\.77-0/);
      assert.equal(await again.quit(), 0);
    } finally {
      install.dispose();
    }
  });
});
