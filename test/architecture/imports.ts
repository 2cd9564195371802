import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { borderOf } from "./borders.js";
import { readText, ROOT, type Source } from "./sources.js";

interface Manifest {
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What is wrong with one import, as a sentence; undefined when nothing is. */
export function problemOf(source: Source, target: string): string | undefined {
  const said = `${source.file} imports ${target}`;
  const border = borderOf(source.file);
  if (/(^|\/)main(\.[jt]s)?$/.test(target)) return `${said}: a main.ts only assembles, nothing imports it`;
  if (target.startsWith("."))
    return leavesItsPackage(source.file, target) ? `${said}: use its package name` : undefined;
  if (isBuiltin(target)) {
    if (!target.startsWith("node:")) return `${said}: write node:${target}`;
    return border.pure && !source.isTest ? `${said}: this part runs in browsers too` : undefined;
  }
  const entry = workspaceEntry(target);
  if (entry) return problemOfEntry(source, said, entry);
  const name = npmName(target);
  if (border.npm && !source.isTest && !border.npm.includes(name))
    return `${said}: only ${border.npm.join(", ") || "no npm package"} here`;
  return isDeclared(source, name) ? undefined : `${said}: its package.json does not list ${name}`;
}

function problemOfEntry(
  source: Source,
  said: string,
  entry: { name: string; path: string },
): string | undefined {
  const own = packageFolder(source.file) === `packages/${entry.name}`;
  const { may } = borderOf(source.file);
  const allowed = may.includes(entry.name) || may.includes(`${entry.name}/${entry.path}`);
  if (!allowed && !(source.isTest && !isForbiddenInTests(source, entry.name))) {
    return own
      ? `${said}: use a relative path inside a package`
      : `${said}: it may import ${may.join(", ") || "no other package"}`;
  }
  const { exports = {} } = manifestOf(`packages/${entry.name}`);
  const door = entry.path === "" ? "." : `./${entry.path}`;
  return door in exports ? undefined : `${said}: ${door} is not in its exports`;
}

/** Tests of one program may start the test kit and what is below it, never the other program. */
function isForbiddenInTests(source: Source, name: string): boolean {
  const programs = ["controller", "host"];
  return (
    programs.includes(name) && programs.some((program) => source.file.startsWith(`packages/${program}/`))
  );
}

function workspaceEntry(target: string): { name: string; path: string } | undefined {
  const [, name, rest] = /^@switchyard\/([^/]+)(?:\/(.*))?$/.exec(target) ?? [];
  return name === undefined ? undefined : { name, path: rest ?? "" };
}

/** Files that one file loads by relative paths, as paths from the root. */
export function loadedFiles(source: Source): string[] {
  const folder = path.posix.dirname(source.file);
  const relative = source.loads.filter((target) => target.startsWith("."));
  return relative.flatMap((target) => {
    const name = path.posix.join(folder, target);
    const candidates = [
      name,
      name.replace(/\.js$/, ".ts"),
      name.replace(/\.jsx?$/, ".tsx"),
      `${name}.ts`,
      `${name}.tsx`,
    ];
    const found = candidates.find(
      (candidate) => /\.tsx?$/.test(candidate) && existsSync(path.join(ROOT, candidate)),
    );
    return found === undefined ? [] : [found];
  });
}

function leavesItsPackage(file: string, target: string): boolean {
  const resolved = path.posix.join(path.posix.dirname(file), target);
  return packageFolder(resolved) !== packageFolder(file);
}

export function packageFolder(file: string): string {
  const [top, name] = file.split("/");
  return top === "web-ui" ? "web-ui" : `${top}/${name}`;
}

function npmName(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Plugins share the typebox of the plugin API; tests and build files may use the tools of the root. */
function isDeclared(source: Source, name: string): boolean {
  const own = manifestOf(packageFolder(source.file));
  if (name in { ...own.dependencies, ...own.devDependencies }) return true;
  if (source.file.startsWith("plugins/") && name === "typebox") return true;
  return source.isTest && name in (manifestOf(".").devDependencies ?? {});
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readText(`${folder}/package.json`)) as Manifest;
}

/** One list per cycle, in the order in which the files import each other. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const start = way.indexOf(file);
    if (start >= 0) cycles.push([...way.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    way.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    way.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}
