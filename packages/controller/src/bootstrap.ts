import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { silentLogger } from "@switchyard/node-kit";
import { baseUrl, createAdministration, signInUrl, type Administration } from "./administration.js";
import type { ControllerConfig } from "./config.js";
import { takeDataDirectory } from "./data-directory.js";
import { openState } from "./state/cluster-state.js";

/** Works on the data directory of a controller that does not run. Rejects `already-running` when it does. */
export async function bootstrap<T>(
  config: ControllerConfig,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  const directory = takeDataDirectory(config.dataDirectory);
  try {
    const state = await openState({
      storeFile: directory.storeFile,
      blobDirectory: directory.blobs,
      maxUploadBytes: config.maxUploadBytes,
      maxBlobsBytes: config.maxBlobsBytes,
      manifests: [],
      compiler: createAjvCompiler(),
      log: silentLogger(),
      watcherAt: () => undefined,
    });
    try {
      const url = baseUrl(config.bindAddress, config.port, config.publicUrl);
      return await work(createAdministration(state, (secret) => signInUrl(url, secret)));
    } finally {
      await state.store.close();
    }
  } finally {
    directory.lock.release();
  }
}
