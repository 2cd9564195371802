import type { FactorioInstall } from "@switchyard/factorio";
import { formatGameVersion } from "@switchyard/factorio";
import { AppError, type InstallInfo } from "@switchyard/protocol";
import { errorFields, type Logger } from "@switchyard/node-kit";
import { explainFactorioError } from "./factorio-errors.js";
import type { Game } from "./instance/game.js";

/** The Factorio servers of this machine. The folders are read anew each time, so a new version needs no restart. */
export class Installs {
  constructor(
    private readonly directories: readonly string[],
    private readonly game: Pick<Game, "findInstalls" | "selectInstall">,
    private readonly log: Logger,
  ) {}

  async list(): Promise<FactorioInstall[]> {
    const found = await Promise.all(
      this.directories.map(async (directory) => {
        try {
          return await this.game.findInstalls(directory);
        } catch (error) {
          this.log.warn(
            `No Factorio server could be used in ${directory}`,
            errorFields(explainFactorioError(error, "")),
          );
          return [];
        }
      }),
    );
    return found.flat();
  }

  async report(): Promise<InstallInfo[]> {
    const installs = await this.list();
    return installs.map(({ version, isSimulator }) => ({ version: formatGameVersion(version), isSimulator }));
  }

  /** Throws `factorio-not-found`. */
  async select(wanted: string): Promise<FactorioInstall> {
    const installs = await this.list();
    if (installs.length === 0) {
      throw new AppError("factorio-not-found", {
        directory: this.directories.join(", ") || "the host's factorioDirectories (none are set)",
        reason: "unpack a Factorio headless server there",
      });
    }
    return this.game.selectInstall(installs, wanted);
  }
}
