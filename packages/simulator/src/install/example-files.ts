import { formatGameVersion, type GameVersion } from "../game-version.js";

const MARKER = {
  simulator: "Switchyard simulator",
  notice:
    "This directory runs a simulator of a Factorio server, made for development and demos. It is not Factorio.",
};

/** Files below `data/`, by name. Facts only: none of the game's own texts, scripts or graphics. */
export function exampleFiles(version: GameVersion): Record<string, string> {
  const text = formatGameVersion(version);
  const files: Record<string, string> = {
    "changelog.txt": `${"-".repeat(99)}\nVersion: ${text}\n  Simulator:\n    - Stands in for this version of the game.\n`,
    "core/info.json": json({
      name: "core",
      title: "Core (simulated)",
      author: "Switchyard",
      version: "0.0.0",
    }),
    "base/info.json": modInfo("base", text),
    "server-settings.example.json": json(SERVER_SETTINGS),
    "server-whitelist.example.json": json([]),
    "map-settings.example.json": json(MAP_SETTINGS),
    "map-gen-settings.example.json": json({
      width: 0,
      height: 0,
      starting_area: 1,
      peaceful_mode: false,
      seed: null,
    }),
    "switchyard-simulator.json": json({ ...MARKER, version: text }),
  };
  if (version.major >= 2) {
    for (const name of ["elevated-rails", "quality", "space-age"])
      files[`${name}/info.json`] = modInfo(name, text);
    if (version.minor >= 1) files["recycler/info.json"] = modInfo("recycler", text);
  }
  return files;
}

/** The defaults of facts §9.1. */
const SERVER_SETTINGS = {
  name: "",
  description: "",
  tags: [],
  max_players: 0,
  visibility: { public: true, lan: true },
  username: "",
  password: "",
  token: "",
  game_password: "",
  require_user_verification: true,
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
};

const MAP_SETTINGS = {
  difficulty_settings: { technology_price_multiplier: 1, spoil_time_modifier: 1 },
  enemy_evolution: {
    enabled: true,
    time_factor: 0.000004,
    destroy_factor: 0.002,
    pollution_factor: 0.0000009,
  },
};

function modInfo(name: string, version: string): string {
  return json({ name, version, title: `${name} (simulated)`, author: "Switchyard", dependencies: [] });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
