import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import yargs, { type Argv } from "yargs";
import type { GlobalOptions } from "./command.js";
import { runCtl } from "./command-line.js";
import { NOUNS } from "./commands/index.js";
import { FakeIo } from "./testing/fake-io.js";
import { VERSION } from "./version.js";

async function run(line: string): Promise<{ code: number; io: FakeIo }> {
  const io = new FakeIo("/nonexistent");
  return { code: await runCtl(line === "" ? [] : line.split(" "), io), io };
}

describe("the command line", () => {
  const suggestions: [line: string, hint: RegExp][] = [
    ["instance lits", /did you mean: switchyardctl instance list\n/],
    ["instnce list", /did you mean: switchyardctl instance\n/],
    ["instance strat alpha", /did you mean: switchyardctl instance start\n/],
    ["list", /did you mean: switchyardctl instance list\n/],
    ["--output table host creat-token x", /did you mean: switchyardctl host create-token\n/],
    ["frobnicate", /no command "frobnicate"; see: switchyardctl --help\n/],
    ["instance", /instance list \| create \| start/],
    ["instance list --wach", /wach is not known to this command; see: switchyardctl instance list --help\n/],
    ["instance list --output xml", /--output takes "table", "json", not "xml"\n/],
    ["instance list --timeout 0", /--timeout takes seconds above 0\n/],
    ["instance log alpha --tail 9999", /--tail takes a number from 0 to 2000\n/],
    ["plugin set chat", /Something is missing in this command; see: switchyardctl plugin set --help\n/],
    ["instance send-rcon alpha", /Say which command to send/],
    ["debug patch-save a b", /--module DIR/],
    ["", /for example: switchyardctl instance list/],
  ];
  for (const [line, hint] of suggestions) {
    it(`answers "${line}" with exit code 2 and what to do`, async () => {
      const { code, io } = await run(line);
      assert.equal(code, 2);
      assert.match(io.stderr.text, hint);
      assert.equal(io.stderr.text.trim().split("\n").length, 1, "one sentence");
      assert.equal(io.stdout.text, "");
    });
  }

  it("tells programs about errors in one JSON line", async () => {
    for (const line of [
      "instance lits --output json",
      "instance lits -o json",
      "instance --output=json lits",
    ]) {
      const { code, io } = await run(line);
      assert.equal(code, 2);
      const { error } = JSON.parse(io.stderr.text) as { error: { code: string; message: string } };
      assert.equal(error.code, "usage");
      assert.match(error.message, /instance list/);
    }
  });

  it("says how to begin when no cluster is known", async () => {
    const { code, io } = await run("instance list");
    assert.equal(code, 2);
    assert.match(io.stderr.text, /switchyard up/);
  });

  it("shows help and version on stdout", async () => {
    for (const noun of ["", ...NOUNS.map(({ name }) => name)]) {
      const { code, io } = await run(`${noun} --help`.trim());
      assert.equal(code, 0, io.stderr.text);
      assert.match(io.stdout.text, /--output/);
    }
    const { io } = await run("--version");
    const file = fileURLToPath(new URL("../package.json", import.meta.url));
    const { version } = JSON.parse(await readFile(file, "utf8")) as { version: string };
    assert.equal(io.stdout.text, `${version}\n`);
    assert.equal(VERSION, version);
  });

  it("suggests exactly the verbs that there are", async () => {
    for (const noun of NOUNS) {
      let help = "";
      const parser = yargs().scriptName("ctl").exitProcess(false) as unknown as Argv<GlobalOptions>;
      (await noun.load())(parser, () => () => Promise.resolve());
      await parser.parseAsync(["--help"], {}, (_error, _args, text) => {
        help = text;
      });
      const verbs = [...help.matchAll(/^ {2}ctl ([a-z-]+)/gm)].map(([, verb]) => verb ?? "");
      assert.deepEqual(verbs.sort(), [...noun.verbs].sort(), noun.name);
    }
  });
});
