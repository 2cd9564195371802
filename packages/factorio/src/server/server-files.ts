import { mkdir, open, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import { fileError } from "../errors.js";
import type { FactorioInstall } from "../install/factorio-install.js";

/**
 * What server-settings.json holds when nobody says otherwise: the names and values of the game's own example file, except that
 * the server is not listed anywhere (which also means that no factorio.com account is needed).
 */
export const DEFAULT_SERVER_SETTINGS: Readonly<Record<string, unknown>> = Object.freeze({
  name: "Factorio server",
  description: "",
  tags: [],
  max_players: 0,
  visibility: { public: false, lan: false },
  username: "",
  password: "",
  token: "",
  game_password: "",
  require_user_verification: false,
  max_upload_in_kilobytes_per_second: 0,
  max_upload_slots: 5,
  minimum_latency_in_ticks: 0,
  max_heartbeats_per_second: 60,
  ignore_player_limit_for_returning_players: false,
  allow_commands: "admins-only",
  autosave_interval: 10,
  autosave_slots: 5,
  afk_autokick_interval: 0,
  auto_pause: true,
  auto_pause_when_players_connect: false,
  only_admins_can_pause_the_game: true,
  autosave_only_on_server: true,
  non_blocking_saving: false,
  minimum_segment_size: 25,
  minimum_segment_size_peer_count: 20,
  maximum_segment_size: 100,
  maximum_segment_size_peer_count: 10,
});

export interface WriteServerFilesOptions {
  writeDirectory: string;
  install: FactorioInstall;
  /** Laid over DEFAULT_SERVER_SETTINGS; the game ignores keys it does not know. */
  settings: Record<string, unknown>;
  /** Left as it is on disk when absent: the game writes the list itself on /promote and /demote. */
  admins?: string[];
}

/** The name of the configuration the server is started with, inside its write directory. */
export function configPath(writeDirectory: string): string {
  return join(writeDirectory, "config.ini");
}

export async function writeConfig(options: {
  writeDirectory: string;
  install: FactorioInstall;
}): Promise<void> {
  const { writeDirectory, install } = options;
  const text = `[path]\nread-data=${install.dataDirectory}\nwrite-data=${resolve(writeDirectory)}\n`;
  await replaceFile(configPath(writeDirectory), text);
}

/**
 * Prepares a write directory: config.ini, server-settings.json and, when given, server-adminlist.json, under the names the game
 * looks for by itself. Each file is replaced whole. Refuses with disk-full, permission-denied or io-failed.
 */
export async function writeServerFiles(options: WriteServerFilesOptions): Promise<void> {
  const { writeDirectory, settings, admins } = options;
  await mkdir(join(writeDirectory, "saves"), { recursive: true }).catch((error: unknown) => {
    throw fileError(error, "create", writeDirectory);
  });
  await writeConfig(options);
  const merged = { ...DEFAULT_SERVER_SETTINGS, ...settings };
  await replaceFile(join(writeDirectory, "server-settings.json"), `${JSON.stringify(merged, null, 2)}\n`);
  if (admins) {
    await replaceFile(join(writeDirectory, "server-adminlist.json"), `${JSON.stringify(admins, null, 2)}\n`);
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    // Settings can hold a game password and a factorio.com token.
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, "write", path);
  }
}
