import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { installSimulator } from "../install/install-simulator.js";
import { parseGameVersion } from "../game-version.js";
import { Personality } from "../server/personality.js";
import { freshMapEntries } from "../saves/new-map.js";
import { makeEntry } from "../zip/zip-entry.js";
import { writeZip } from "../zip/write-zip.js";

const WAIT_MS = 20_000;

/** An install of the simulator in a temporary directory, which is also its write-data. */
export class TestInstall {
  readonly directory = mkdtempSync(join(tmpdir(), "simulator-test-"));
  readonly executable: string;
  private readonly processes: GameProcess[] = [];

  constructor(readonly version = "2.0.77") {
    this.executable = installSimulator({ directory: this.directory, version }).executable;
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Writes a save whose scenario is these files; `control.lua` is the script. */
  writeSave(name: string, files: Record<string, string>, version = this.version): string {
    const parsed = parseGameVersion(version);
    if (!parsed) throw new Error(`bad version ${version}`);
    const entries = freshMapEntries(new Personality(parsed, true), { base: version });
    for (const [file, text] of Object.entries(files)) entries.set(file, makeEntry(file, text));
    const path = this.path("saves", `${name}.zip`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      writeZip([...entries.values()].map((entry) => ({ ...entry, name: `${name}/${entry.name}` }))),
    );
    return path;
  }

  run(...args: string[]): GameProcess {
    const game = new GameProcess(this.executable, args, this.directory);
    this.processes.push(game);
    return game;
  }

  /** A server on free ports that has come up. */
  async start(save: string, ...args: string[]): Promise<GameProcess> {
    const game = this.run(
      "--start-server",
      save,
      "--port",
      "0",
      "--rcon-bind",
      "127.0.0.1:0",
      "--rcon-password",
      "secret",
      ...args,
    );
    await game.waitFor("Maximum segment size");
    return game;
  }

  dispose(): void {
    for (const game of this.processes) game.kill("SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One process of the game with its output as lines. */
export class GameProcess {
  readonly lines: string[] = [];
  /** The exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  private readonly child: ChildProcess;
  private readonly watchers = new Set<() => void>();
  private hasExited = false;

  constructor(executable: string, args: string[], cwd: string) {
    const { NODE_OPTIONS: _ignored, ...env } = process.env;
    this.child = spawn(executable, args, { cwd, env, stdio: ["pipe", "pipe", "inherit"] });
    let rest = "";
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      this.lines.push(...parts);
      this.notify();
    });
    this.child.stdin?.on("error", () => undefined);
    this.exited = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code, signal) => {
        this.hasExited = true;
        this.notify();
        resolve(code ?? signal ?? "unknown");
      });
    });
  }

  get text(): string {
    return this.lines.join("\n");
  }

  get rconPort(): number {
    const line = this.lines.find((candidate) => candidate.includes("Starting RCON interface")) ?? "";
    return Number(/:(\d+)}\)$/.exec(line)?.[1]);
  }

  get gamePort(): number {
    const line = this.lines.find((candidate) => candidate.includes("Hosting game at")) ?? "";
    return Number(/:(\d+)}\)$/.exec(line)?.[1]);
  }

  /** Resolves with the first line from index `from` on that contains the text or matches. */
  waitFor(wanted: string | RegExp, from = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
        act();
      };
      const look = (): void => {
        const found = this.lines
          .slice(from)
          .find((line) => (typeof wanted === "string" ? line.includes(wanted) : wanted.test(line)));
        if (found !== undefined) finish(() => resolve(found));
        else if (this.hasExited)
          finish(() => reject(new Error(`ended without "${String(wanted)}":\n${this.text}`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no "${String(wanted)}" in:\n${this.text}`))),
        WAIT_MS,
      );
      this.watchers.add(look);
      look();
    });
  }

  send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  endInput(): void {
    this.child.stdin?.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async quit(): Promise<number | string> {
    this.send("/quit");
    return this.exited;
  }

  /** Positions of the first lines with these texts; fails the order check by giving -1. */
  order(...texts: string[]): number[] {
    return texts.map((text) => this.lines.findIndex((line) => line.includes(text)));
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}

/** True when no text is missing and each comes after the one before. */
export function isAscending(positions: readonly number[]): boolean {
  return positions.every((position, index) => position >= 0 && position > (positions[index - 1] ?? -1));
}
