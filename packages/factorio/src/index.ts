export { FactorioError } from "./errors.js";
export type { FactorioErrorCode, FactorioErrorOptions } from "./errors.js";
export { compareGameVersions, formatGameVersion, parseGameVersion } from "./versions.js";
export type { GameVersion } from "./versions.js";
export { parseServerLine } from "./lines/server-line.js";
export type { ServerLine } from "./lines/server-line.js";
export { interpretLine } from "./lines/interpret-line.js";
export type { FailureReason, ServerEvent } from "./lines/server-event.js";
export { LineSplitter } from "./ipc/line-splitter.js";
export type { LineSplitterOptions } from "./ipc/line-splitter.js";
export { IpcDecoder } from "./ipc/ipc-decoder.js";
export type { DeadLetter, IpcDecoderOptions, IpcMessage } from "./ipc/ipc-decoder.js";
export { luaCall, luaString, utf8Bytes } from "./rcon/lua-text.js";
export type { LuaArgument } from "./rcon/lua-text.js";
export { RconClient } from "./rcon/rcon-client.js";
export type { RconEvent } from "./rcon/rcon-client.js";
export type {
  CallRconOptions,
  RconLane,
  RconOptions,
  SendRconOptions,
  TransferOptions,
} from "./rcon/rcon-options.js";
export { scriptCommandWord } from "./rcon/script-commands.js";
export { findInstalls, selectInstall } from "./install/factorio-install.js";
export type { FactorioInstall } from "./install/factorio-install.js";
export { FactorioServer } from "./server/factorio-server.js";
export { findLeftRuns } from "./server/left-runs.js";
export type { LeftRun, LeftRuns, StrayServer } from "./server/left-runs.js";
export type { RunRecord } from "./server/run-folder.js";
export type {
  AdoptServerOptions,
  Delivery,
  ExitReport,
  FactorioServerOptions,
  JournalOptions,
  ServerEvents,
  ServerState,
} from "./server/server-types.js";
export { DEFAULT_SERVER_SETTINGS, writeServerFiles } from "./server/server-files.js";
export type { WriteServerFilesOptions } from "./server/server-files.js";
export { createSave } from "./server/create-save.js";
export type { CreateSaveOptions } from "./server/create-save.js";
export type { SaveInfo, SaveScript } from "./saves/save-info.js";
export { inspectSave } from "./saves/inspect-save.js";
export { readLuaModule } from "./saves/lua-module.js";
export type { LuaModule } from "./saves/lua-module.js";
export { patchSave } from "./saves/patch-save.js";
export { acceptPatchedSave, restoreSave } from "./saves/previous-save.js";
export type { PatchSaveOptions, PatchSaveResult } from "./saves/patch-save.js";
export { listSaves } from "./saves/list-saves.js";
export type { SaveFile } from "./saves/list-saves.js";
