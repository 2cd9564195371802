import { basename } from "node:path";
import { uploadBlob, type OnBlobProgress } from "@switchyard/node-kit/blobs";
import type { BlobReference } from "@switchyard/protocol";

export interface UploadOptions {
  /** The controller's address, without a path. */
  url: string;
  token: string;
  file: string;
  onProgress?: OnBlobProgress;
  signal?: AbortSignal;
}

export interface UploadedSave {
  name: string;
  blob: BlobReference;
}

/** Sends a save to the controller, where a host fetches it from; what arrived is compared with what was read. */
export async function uploadSave(options: UploadOptions): Promise<UploadedSave> {
  const blob = await uploadBlob({ ...options, signal: options.signal ?? new AbortController().signal });
  return { name: saveNameOf(options.file), blob };
}

/** The name that the save gets in the cluster: the file's own, with `.zip` where that is missing. */
export function saveNameOf(file: string): string {
  const name = basename(file);
  return name.toLowerCase().endsWith(".zip") ? `${name.slice(0, -4)}.zip` : `${name}.zip`;
}
