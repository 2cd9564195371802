import { AppError, HTTP_PATHS, type BlobReference } from "@switchyard/protocol";

export type OnProgress = (doneBytes: number, sizeBytes: number) => void;

/** Sends a file to the controller. By XMLHttpRequest, since fetch does not tell how far an upload is. */
export function uploadFile(file: File, signal: AbortSignal, onProgress: OnProgress): Promise<BlobReference> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    signal.addEventListener("abort", cancel);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onload = () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText) as BlobReference);
      else reject(refusalOf(request.status, request.responseText));
    };
    request.onerror = () =>
      reject(
        new AppError("controller-unreachable", { url: location.origin, reason: "the upload was cut off" }),
      );
    request.onabort = () => reject(new AppError("cancelled"));
    request.onloadend = () => signal.removeEventListener("abort", cancel);
    request.open("PUT", HTTP_PATHS.blobs);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(file);
  });
}

/** Hands a blob to the browser's own downloads, which show how far it is. */
export function downloadFile(blob: BlobReference, name: string): void {
  const anchor = document.createElement("a");
  anchor.href = `${HTTP_PATHS.blobs}/${blob.sha256}?name=${encodeURIComponent(name)}`;
  anchor.download = name;
  anchor.click();
}

/** The name that a file of the person's machine gets in the cluster. */
export function saveNameOf(file: File): string {
  return `${file.name.replace(/\.zip$/i, "")}.zip`;
}

function refusalOf(status: number, body: string): AppError {
  try {
    const payload = JSON.parse(body) as { code?: unknown; message?: unknown };
    if (typeof payload.code === "string" && typeof payload.message === "string")
      return AppError.fromPayload(payload as { code: string; message: string });
  } catch {
    // Not JSON: not the controller's own answer.
  }
  return new AppError("internal", { reason: `the controller answered with status ${status}` });
}
