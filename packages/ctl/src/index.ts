export { runCtl } from "./command-line.js";
export {
  connectControl,
  type ConnectControlOptions,
  type ControlConnection,
  type ControlRequestOptions,
} from "./connection.js";
export { changeContexts, contextFilePath, readContexts, type Context, type ContextFile } from "./contexts.js";
export { explainError } from "./errors.js";
export { processIo, writeAll, type CtlIo, type OutputStream } from "./io.js";
export { findHost, findInstance, pick } from "./names.js";
export { coloursFor, type Colours } from "./output/colours.js";
export { startSpinner, type Spinner } from "./output/spinner.js";
export { fileSize, relativeTime } from "./output/time.js";
export { saveNameOf, uploadSave, type UploadedSave, type UploadOptions } from "./upload.js";
