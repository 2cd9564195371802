import { bootstrap, defineControllerConfig } from "@switchyard/controller";
import { readConfig } from "@switchyard/node-kit";

/** Makes the user with all permissions where there is none yet; the controller must not be running. */
export async function createAdminToken(configFile: string, user: string): Promise<string> {
  const config = await readConfig(defineControllerConfig, { file: configFile });
  return bootstrap(config, async (administration) => (await administration.createUserToken(user)).token);
}
