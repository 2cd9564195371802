export { type BlobServer, type OnBlobProgress } from "./blob-http.js";
export { downloadBlob, type DownloadBlobOptions } from "./download-blob.js";
export { uploadBlob, type UploadBlobOptions } from "./upload-blob.js";
