import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { open, readFile, readdir, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { crc32 as nodeCrc32 } from "node:zlib";
import fc from "fast-check";
import JSZip from "jszip";
import { FactorioError, type FactorioErrorCode } from "../errors.js";
import { inspectSave } from "../saves/inspect-save.js";
import { patchSave } from "../saves/patch-save.js";
import type { LuaModule } from "../saves/lua-module.js";
import { makeTestFolder, type TestFolder } from "../testing/test-folder.js";
import { EVENT_HANDLER_SCRIPT, writeTestModule, writeTestSave } from "../testing/test-saves.js";
import { crc32, tableCrc32 } from "./crc32.js";
import { ZipReader } from "./zip-reader.js";
import { ZipWriter } from "./zip-writer.js";

interface RawEntry {
  name: string | Buffer;
  data?: string;
  /** Changes fields of the directory's header, which begins at 0. */
  central?: (header: Buffer) => void;
  offset?: number;
}

/** A zip of stored entries, of which any header can lie. */
function rawZip(entries: RawEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const [name, data] = [Buffer.from(entry.name), Buffer.from(entry.data ?? "")];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(nodeCrc32(data), 14);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    local.copy(central, 6, 4, 28);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(entry.offset ?? at, 42);
    entry.central?.(central);
    locals.push(local, name, data);
    centrals.push(central, name);
    at += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

describe("zip", () => {
  let folder: TestFolder;
  let module: LuaModule;
  beforeEach(async () => {
    folder = await makeTestFolder();
    module = await writeTestModule(folder.path, "core", {
      load: ["impl.lua"],
      files: { "impl.lua": "return {}" },
    });
  });
  afterEach(() => folder.remove());

  /** The code with which patching is refused; checks that nothing was written and nothing left behind. */
  async function refusal(bytes: Buffer): Promise<{ code: FactorioErrorCode; message: string }> {
    const input = folder.file("in.zip");
    await writeFile(input, bytes);
    const before = (await readdir(folder.path)).sort();
    for (const output of [folder.file("out.zip"), input]) {
      const error: unknown = await patchSave({ input, output, modules: [module] }).catch(
        (error: unknown) => error,
      );
      assert(error instanceof FactorioError, `not refused: ${String(error)}`);
      assert.deepEqual((await readdir(folder.path)).sort(), before);
      assert((await readFile(input)).equals(bytes));
      if (output === input) return error;
    }
    throw new Error("unreachable");
  }

  it("computes the same CRC with and without zlib's", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        assert.equal(tableCrc32()(Buffer.concat([a, b])), crc32(b, crc32(a)));
        assert.equal(tableCrc32()(b, tableCrc32()(a)), crc32(Buffer.concat([a, b])));
      }),
    );
  });

  it("refuses files that are not saves, with words for each", async () => {
    const good = rawZip([
      { name: "w/level.dat0", data: "x" },
      { name: "w/control.lua", data: EVENT_HANDLER_SCRIPT },
    ]);
    const cases: [Buffer, FactorioErrorCode, RegExp][] = [
      [Buffer.from("this is a text file\n".repeat(50)), "save-not-a-zip", /is not a zip file/],
      [Buffer.alloc(0), "save-not-a-zip", /is empty/],
      [good.subarray(0, good.length - 30), "save-torn", /its end is missing/],
      [Buffer.concat([good, Buffer.alloc(10)]), "save-torn", /its end is missing/],
      [rawZip([{ name: "a.txt" }]), "save-no-root", /holds no map/],
      [rawZip([{ name: "a/level.dat0" }, { name: "b/level.dat0" }]), "save-no-root", /more than one map/],
      [good.subarray(20), "save-not-a-zip", /./],
    ];
    for (const [bytes, code, words] of cases) {
      const error = await refusal(bytes);
      if (code !== "save-not-a-zip" || words.source !== ".") assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
    }
    await assert.rejects(inspectSave(folder.file("none.zip")), { code: "save-not-found" });
    await assert.rejects(inspectSave(folder.path), { code: /save-not-a-zip|io-failed/ });
  });

  for (const name of [
    "../evil.lua",
    "w/../../evil.lua",
    "/etc/passwd",
    "C:/evil.lua",
    "w\\evil.lua",
    "w/\0.lua",
    "w/a\nb",
    "w//x",
    "./w/x",
    "",
  ]) {
    it(`refuses an entry named ${JSON.stringify(name)}`, async () => {
      assert.equal((await refusal(rawZip([{ name: "w/level.dat0" }, { name }]))).code, "save-unsafe-entry");
    });
  }

  it("refuses duplicates, symbolic links, encryption, overlaps and bombs", async () => {
    const level = { name: "w/level.dat0", data: "x" };
    const withEntry = (entry: RawEntry): Promise<{ code: string; message: string }> =>
      refusal(rawZip([level, entry]));
    assert.match((await withEntry(level)).message, /occurs twice/);
    const link = await withEntry({
      name: "w/link",
      data: "/etc/passwd",
      central: (header) => {
        header.writeUInt16LE(0x031e, 4);
        header.writeUInt32LE((0o120777 << 16) >>> 0, 38);
      },
    });
    assert.match(link.message, /symbolic link/);
    assert.match(
      (await withEntry({ name: "w/x", central: (header) => void header.writeUInt16LE(1, 8) })).message,
      /encrypted/,
    );
    assert.match((await withEntry({ name: "w/x", data: "y", offset: 0 })).message, /overlaps/);
    const claim = (bytes: number) => (header: Buffer) => {
      header.writeUInt16LE(8, 10);
      header.writeUInt32LE(bytes, 24);
    };
    assert.match(
      (await withEntry({ name: "w/x", data: "y", central: claim(0xfffffffe) })).message,
      /sizes of w\/x do not agree/,
    );
    const bomb = { data: "y".repeat(10_000), central: claim(10_000_000) };
    const bombs = Array.from({ length: 120 }, (_, index) => ({ name: `w/${index}`, ...bomb }));
    const refused = await refusal(rawZip([level, ...bombs]));
    assert.equal(refused.code, "save-too-large");
    assert.match(refused.message, /far more than a save would/);
    await writeTestSave(folder.file("small.zip"), EVENT_HANDLER_SCRIPT, {
      "zeros.bin": Buffer.alloc(5_000_000),
    });
    const small = { input: folder.file("small.zip"), output: folder.file("out.zip"), modules: [module] };
    await assert.rejects(patchSave({ ...small, limits: { maxUncompressedBytes: 1_000_000 } }), {
      code: "save-too-large",
    });
    await assert.rejects(patchSave({ ...small, limits: { maxEntries: 2 } }), { code: "save-too-large" });
    const scripts = await writeTestSave(
      folder.file("small.zip"),
      EVENT_HANDLER_SCRIPT + " ".repeat(20_000_000),
    ).then(() => patchSave(small).catch((error: unknown) => error));
    assert.equal((scripts as FactorioError).code, "save-too-large");
  });

  it("notices a script whose checksum is wrong or that is longer than it says", async () => {
    const zip = await JSZip.loadAsync(rawZip([{ name: "w/level.dat0" }]));
    zip.file("w/control.lua", EVENT_HANDLER_SCRIPT.repeat(20));
    const bytes = await zip.generateAsync({ type: "nodebuffer", compression: "DEFLATE" });
    const at = bytes.lastIndexOf("w/control.lua") - 46;
    for (const [field, change] of [
      [16, 1],
      [24, -40],
      [24, 40],
    ] as const) {
      const broken = Buffer.from(bytes);
      broken.writeUInt32LE((broken.readUInt32LE(at + field) + change) >>> 0, at + field);
      assert.equal((await refusal(broken)).code, "save-torn");
    }
  });

  it("never crashes, hangs or writes on random bytes and damaged saves", async function () {
    this.timeout(30_000);
    const input = folder.file("in.zip");
    await writeTestSave(input, EVENT_HANDLER_SCRIPT, { "a/b.lua": "x".repeat(300) });
    const good = await readFile(input);
    const attempt = async (bytes: Buffer): Promise<void> => {
      await writeFile(input, bytes);
      const output = folder.file("out.zip");
      try {
        await inspectSave(input);
        await patchSave({ input, output, modules: [module] });
        const zip = await ZipReader.open(output); // what was written is whole
        for (const entry of zip.entries) await zip.dataOffset(entry);
        await zip.close();
      } catch (error) {
        assert(error instanceof FactorioError, String(error));
      }
      assert((await readdir(folder.path)).every((name) => !name.includes(".tmp.")));
    };
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        await attempt(bytes);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), (length) => attempt(good.subarray(0, length))),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        attempt(Buffer.concat([Buffer.from("PK\u0003\u0004"), bytes])),
      ),
      { numRuns: 60 },
    );
  });

  it("carries large and oddly named entries over unchanged, as other programs see them", async function () {
    const large = randomBytes(5_000_000);
    const names = ["ünï.lua", "日本/図.cfg", "with space.txt", "emoji🚀.json"];
    const input = folder.file("in.zip");
    await writeTestSave(input, EVENT_HANDLER_SCRIPT, {
      "level.dat1": large,
      ...Object.fromEntries(names.map((name) => [name, name])),
    });
    const output = folder.file("out.zip");
    await patchSave({ input, output, modules: [module] });
    const zip = await JSZip.loadAsync(await readFile(output), { checkCRC32: true });
    for (const name of names) assert.equal(await zip.file(`world/${name}`)?.async("string"), name);
    assert(large.equals((await zip.file("world/level.dat1")?.async("nodebuffer")) ?? Buffer.alloc(0)));
    try {
      execFileSync("unzip", ["-tq", output]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      console.log("      unzip is not installed: checked with jszip only");
    }
  });

  it("writes and reads back more than 65535 entries", async function () {
    this.timeout(30_000);
    const path = folder.file("many.zip");
    const file = await open(path, "wx");
    const writer = new ZipWriter(file);
    for (let index = 0; index < 65_540; index++) await writer.add(`w/${index}`, Buffer.alloc(0));
    await writer.finish();
    await file.close();
    const zip = await ZipReader.open(path);
    assert.equal(zip.entries.length, 65_540);
    assert.equal((await zip.read(zip.entries[65_539] as (typeof zip.entries)[number], 10)).length, 0);
    await zip.close();
  });

  it("leaves the old save and no rubbish when the disk is full", async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      console.log("      skipped: needs root on Linux to mount a small disk");
      this.skip();
    }
    const disk = folder.file("disk");
    try {
      execFileSync("sh", ["-c", `mkdir "${disk}" && mount -t tmpfs -o size=1m tmpfs "${disk}"`], {
        stdio: "pipe",
      });
    } catch {
      console.log("      skipped: mounting is not allowed here");
      this.skip();
    }
    try {
      await writeTestSave(folder.file("in.zip"), EVENT_HANDLER_SCRIPT, {
        "level.dat1": randomBytes(2_000_000),
      });
      await writeFile(`${disk}/out.zip`, "the old one");
      const full = patchSave({ input: folder.file("in.zip"), output: `${disk}/out.zip`, modules: [module] });
      await assert.rejects(full, {
        code: "disk-full",
        message: /no room to write .*out\.zip\. Free some disk space/,
      });
      assert.deepEqual(await readdir(disk), ["out.zip"]);
      assert.equal(await readFile(`${disk}/out.zip`, "utf8"), "the old one");
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  it("says so when the output's folder is missing", async () => {
    await writeTestSave(folder.file("in.zip"), EVENT_HANDLER_SCRIPT);
    const missing = patchSave({
      input: folder.file("in.zip"),
      output: folder.file("no/out.zip"),
      modules: [module],
    });
    await assert.rejects(missing, { code: "io-failed", message: /Could not write .*out\.zip/ });
  });
});
