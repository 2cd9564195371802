import type { AnyMessage } from "../define.js";
import { CollectionChanged, UnwatchCollection, WatchCollection } from "./collections.js";
import { CreateHostToken, ListHosts, RegisterHost } from "./hosts.js";
import {
  AssignInstance,
  CreateInstance,
  DeleteInstance,
  EndInstance,
  InstanceStatusChanged,
  ListInstances,
  RemoveInstance,
  RunInstance,
  SendRcon,
  StartInstance,
  StopInstance,
} from "./instances.js";
import { ControlGone, FollowLog, GetLog, LogLines, UnfollowLog } from "./logs.js";
import { ListPlugins, PluginSettingsChanged, SetPluginSetting } from "./plugins.js";
import {
  CopySave,
  CreateSave,
  DeleteSave,
  ExportSave,
  ImportSave,
  ListSaves,
  RenameSave,
  TransferSave,
} from "./saves.js";
import { PublishToStream, ReadStream } from "./streams.js";
import { CreateSignInLink, CreateUserToken, GetSession } from "./users.js";

/** Every message of the core; routers refuse what is neither here nor declared by a plugin. */
export const CORE_MESSAGES: readonly AnyMessage[] = [
  CollectionChanged,
  UnwatchCollection,
  WatchCollection,
  CreateHostToken,
  ListHosts,
  RegisterHost,
  AssignInstance,
  CreateInstance,
  DeleteInstance,
  EndInstance,
  InstanceStatusChanged,
  ListInstances,
  RemoveInstance,
  RunInstance,
  SendRcon,
  StartInstance,
  StopInstance,
  ControlGone,
  FollowLog,
  GetLog,
  LogLines,
  UnfollowLog,
  ListPlugins,
  PluginSettingsChanged,
  SetPluginSetting,
  CopySave,
  CreateSave,
  DeleteSave,
  ExportSave,
  ImportSave,
  ListSaves,
  RenameSave,
  TransferSave,
  PublishToStream,
  ReadStream,
  CreateSignInLink,
  CreateUserToken,
  GetSession,
];
