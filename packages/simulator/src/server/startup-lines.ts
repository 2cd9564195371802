import { statfsSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { crc32 } from "../zip/zip-entry.js";
import type { GamePaths } from "./paths.js";
import type { Personality } from "./personality.js";
import { dateText, type ServerLog } from "./server-log.js";

const ENVIRONMENT = [
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "DESKTOP_SESSION",
  "XDG_SESSION_DESKTOP",
  "XDG_CURRENT_DESKTOP",
  "SDL_VIDEODRIVER",
  "__GL_FSAA_MODE",
  "__GL_LOG_MAX_ANISO",
  "__GL_SYNC_TO_VBLANK",
  "__GL_SORT_FBCONFIGS",
  "__GL_YIELD",
];
const FEATURE_FLAGS = [
  "expansion-shaders",
  "freezing",
  "quality",
  "rail-bridges",
  "segmented-units",
  "space-travel",
  "spoiling",
];

/** From the banner to "Factorio initialised" (facts §3.2, §3.3). */
export function printBanner(
  log: ServerLog,
  personality: Personality,
  paths: GamePaths,
  args: readonly string[],
): void {
  log.engine(
    `${dateText(new Date())}; Factorio ${personality.versionText} (build ${personality.build}, ${personality.platform}, ${personality.flavour})`,
  );
  log.engine(
    `Operating system: ${process.platform === "linux" ? "Linux" : process.platform} (Switchyard simulator)`,
  );
  log.engine(
    `Program arguments: ${[paths.executable, ...args].map((text, index) => argumentText(text, args[index - 2])).join(" ")} `,
  );
  if (personality.isTwo) log.engine(`Config path: ${paths.config}`);
  log.engine(`Read data path: ${paths.readData}`);
  log.engine(`Write data path: ${paths.writeData} [${diskText(paths.writeData)}]`);
  log.engine(`Binaries path: ${paths.binaries}`);
  const processors = cpus();
  log.engine(
    `System info: [CPU: ${processors[0]?.model.trim() ?? "unknown"}, ${processors.length} cores, RAM: ${Math.floor(totalmem() / 1048576)} MB]`,
  );
  log.engine(`Environment: ${ENVIRONMENT.map((name) => `${name}=<unset>`).join(" ")}`);
  log.engine("Running in headless mode");
  if (personality.isTwo) log.engine("Audio is disabled");
}

export function printModLoading(
  log: ServerLog,
  personality: Personality,
  mods: Readonly<Record<string, string>>,
): void {
  const hasExpansion = "space-age" in mods;
  if (personality.isTwo)
    for (const flag of FEATURE_FLAGS)
      log.info("featureFlag", `FeatureFlag ${flag} = ${String(hasExpansion)}`);
  log.engine("Loading mod core 0.0.0 (data.lua)");
  for (const [name, version] of Object.entries(mods)) log.engine(`Loading mod ${name} ${version} (data.lua)`);
  for (const [name, version] of Object.entries(mods)) {
    if (name !== "elevated-rails") log.engine(`Loading mod ${name} ${version} (data-updates.lua)`);
  }
  log.engine(`Checksum for core: ${checksum(`core ${personality.versionText}`)}`);
  for (const [name, version] of Object.entries(mods))
    log.engine(`Checksum of ${name}: ${checksum(`${name} ${version}`)}`);
  log.engine(`Prototype list checksum: ${checksum(JSON.stringify(mods))}`);
  log.info("playerDataLocal", "Local player-data.json unavailable");
  log.info("playerDataCloud", "Cloud player-data.json unavailable");
  log.engine("Factorio initialised");
}

/** Passwords never appear; the previous argument tells which one this is. */
function argumentText(text: string, previous: string | undefined): string {
  if (previous === "--rcon-password") return "<private>";
  if (text.startsWith("--rcon-password=")) return '"--rcon-password" <private>';
  return `"${text}"`;
}

function diskText(path: string): string {
  try {
    const disk = statfsSync(path);
    const megabytes = (blocks: number): number => Math.floor((blocks * disk.bsize) / 1048576);
    return `${megabytes(disk.bavail)}/${megabytes(disk.blocks)}MB`;
  } catch {
    return "0/0MB";
  }
}

function checksum(text: string): number {
  return crc32(Buffer.from(text, "utf8"));
}
