import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { borderOf, MAX_LINES } from "./borders.js";
import { findCycles, problemOf, loadedFiles } from "./imports.js";
import { countLines, filesUnder, readSources, readText, ROOT, type Source } from "./sources.js";

describe("architecture", () => {
  const sources = readSources();

  it("every import is one that its package may make", () => {
    none(sources.flatMap((source) => source.imports.flatMap((target) => problemOf(source, target) ?? [])));
  });

  it("every package is built after those that it imports", () => {
    none(
      sources.flatMap((source) =>
        source.imports.flatMap((target) => missingReference(source.file, target) ?? []),
      ),
    );
  });

  it("no files load each other in a circle", () => {
    const graph = new Map(sources.map((source) => [source.file, loadedFiles(source)]));
    none(findCycles(graph).map((files) => files.join(" → ")));
  });

  it("no file is too long", () => {
    const limitOf = (source: Source) => (source.file.endsWith(".tsx") ? MAX_LINES.tsx : MAX_LINES.ts);
    none(
      sources
        .filter((source) => source.lines > limitOf(source))
        .map(({ file, lines }) => `${file}: ${lines} lines`),
    );
    const lua = [...filesUnder("lua-modules", /\.lua$/), ...filesUnder("plugins", /\.lua$/)];
    const tooLong = lua.filter((file) => countLines(readText(file)) > MAX_LINES.lua);
    none(tooLong.map((file) => `${file}: over ${MAX_LINES.lua} lines`));
  });

  it("nothing is exported as default", () => {
    none(
      sources
        .filter((source) => source.hasDefaultExport && !isToolConfig(source.file))
        .map(({ file }) => file),
    );
  });

  it("no module has variables of its own", () => {
    const found = sources.filter((source) => !source.isTest && source.moduleVariables.length > 0);
    none(found.map(({ file, moduleVariables }) => `${file}: ${moduleVariables.join(", ")}`));
  });

  it("`any` stays under one in two thousand lines", () => {
    const written = sources.filter((source) => !source.isTest);
    const lines = written.reduce((sum, source) => sum + source.lines, 0);
    const found = written.filter((source) => source.anyCount > 0);
    const count = found.reduce((sum, source) => sum + source.anyCount, 0);
    assert.ok(
      count <= lines / 2000,
      `${count} in ${lines} lines: ${found.map(({ file }) => file).join(", ")}`,
    );
  });

  it("every package and plugin has a short README", () => {
    const homes = ["packages", "plugins"].flatMap((top) =>
      readdirSync(path.join(ROOT, top)).map((name) => `${top}/${name}`),
    );
    const packages = [...homes, "web-ui"].filter((home) => existsSync(path.join(ROOT, home, "package.json")));
    none(packages.flatMap(problemOfReadme));
  });
});

describe("the architecture rules", () => {
  const source = (file: string): Source => ({
    file,
    isTest: false,
    lines: 1,
    imports: [],
    loads: [],
    anyCount: 0,
    hasDefaultExport: false,
    moduleVariables: [],
  });

  it("refuse what the design forbids", () => {
    const forbidden: [string, string][] = [
      ["packages/controller/src/a.ts", "@switchyard/host"],
      ["packages/host/src/a.ts", "@switchyard/controller"],
      ["packages/factorio/src/a.ts", "@switchyard/protocol"],
      ["packages/protocol/src/a.ts", "node:fs"],
      ["packages/link/src/a.ts", "@switchyard/factorio"],
      ["packages/link/src/a.ts", "@switchyard/protocol/src/errors.js"],
      ["packages/link/src/browser/a.ts", "ws"],
      ["packages/simulator/src/a.ts", "@switchyard/factorio"],
      ["packages/switchyard/src/a.ts", "@switchyard/ctl/main.js"],
      ["packages/host/src/a.ts", "../../controller/src/index.js"],
      ["packages/host/src/a.ts", "./main.js"],
      ["plugins/global-chat/host.ts", "@switchyard/host"],
      ["plugins/global-chat/host.ts", "node:fs"],
      ["web-ui/src/a.tsx", "@switchyard/link/node"],
    ];
    none(
      forbidden
        .filter(([file, target]) => !problemOf(source(file), target))
        .map((pair) => pair.join(" may import ")),
    );
  });

  it("let through what the design allows", () => {
    const allowed: [string, string][] = [
      ["packages/controller/src/a.ts", "@switchyard/link/node"],
      ["packages/link/src/node/a.ts", "ws"],
      ["packages/node-kit/src/a.ts", "@switchyard/protocol"],
      ["plugins/global-chat/host.ts", "@switchyard/plugin-api"],
      ["plugins/global-chat/messages.ts", "typebox"],
      ["web-ui/src/a.tsx", "@switchyard/link/browser"],
    ];
    none(allowed.flatMap(([file, target]) => problemOf(source(file), target) ?? []));
  });

  it("find a circle over three files, and none where there is none", () => {
    assert.deepEqual(
      findCycles(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["a"]],
        ]),
      ),
      [["a", "b", "c", "a"]],
    );
    assert.deepEqual(
      findCycles(
        new Map([
          ["a", ["b", "c"]],
          ["b", ["c"]],
          ["c", []],
        ]),
      ),
      [],
    );
  });

  it("know no part by guessing", () => {
    assert.throws(() => borderOf("somewhere/else.ts"), /belongs to no part/);
  });
});

function none(problems: readonly string[]): void {
  assert.equal(problems.length, 0, `\n  ${problems.join("\n  ")}`);
}

/** tsc builds in the order of the references; a missing one is noticed only where nothing was built before. */
function missingReference(file: string, target: string): string | undefined {
  const home = /^packages\/[^/]+/.exec(file)?.[0];
  const imported = /^(?:@switchyard\/)?([a-z-]+)/.exec(target)?.[1];
  if (
    home === undefined ||
    !/^(@switchyard\/|switchyard(\/|$))/.test(target) ||
    home === `packages/${imported}`
  )
    return;
  const isOurs = existsSync(path.join(ROOT, "packages", imported ?? "", "package.json"));
  if (!isOurs || readText(`${home}/tsconfig.json`).includes(`"../${imported}"`)) return;
  return `${home}/tsconfig.json does not refer to ../${imported}, which ${file} imports`;
}

function isToolConfig(file: string): boolean {
  return /(^|\/)vite\.config\.ts$/.test(file);
}

function problemOfReadme(home: string): string[] {
  const file = `${home}/README.md`;
  if (!existsSync(path.join(ROOT, file))) return [`${file} is missing`];
  const lines = countLines(readText(file));
  return lines > MAX_LINES.readme ? [`${file} has ${lines} lines; at most ${MAX_LINES.readme}`] : [];
}
