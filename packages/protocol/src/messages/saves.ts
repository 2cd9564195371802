import { Type } from "typebox";
import { defineRequest } from "../define.js";
import { BlobReference } from "../entities/instance.js";
import { Save } from "../entities/save.js";
import { PeerId, SaveName, TimeMs } from "../names.js";

/*
 * Whatever adds a save gives it a free name (`world-2.zip` when `world.zip` is taken) and says it in the answer. A save that
 * was added is never newer than those that were there, so that the next start goes on with the same map as before; another
 * one is chosen with `instance.start`.
 */

/** The saves of an instance, newest first; at most 500, the rest are counted. */
export const ListSaves = defineRequest({
  name: "save.list",
  from: ["control"],
  to: "instance",
  permission: "cluster.view",
  params: Type.Object({}),
  result: Type.Object({ saves: Type.Array(Save), leftOut: Type.Integer({ minimum: 0 }) }),
});

const MapSettings = Type.Record(Type.String(), Type.Unknown());

/** Lets the instance's own version of the game make a new map, also while the instance runs. */
export const CreateSave = defineRequest({
  name: "save.create",
  from: ["control"],
  to: "instance",
  permission: "save.write",
  isAudited: true,
  params: Type.Object({
    name: Type.Optional(SaveName),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4294967295 })),
    /** One of the game's: default, rich-resources, marathon, death-world, rail-world, ribbon-world, island... */
    preset: Type.Optional(Type.String({ pattern: "^[a-z][a-z0-9-]*$", maxLength: 60 })),
    /** As in the game's map-gen-settings.json. */
    mapGenSettings: Type.Optional(MapSettings),
    /** As in the game's map-settings.json. */
    mapSettings: Type.Optional(MapSettings),
  }),
  result: Type.Object({ save: Save }),
});

export const CopySave = defineRequest({
  name: "save.copy",
  from: ["control"],
  to: "instance",
  permission: "save.write",
  isAudited: true,
  params: Type.Object({ save: SaveName, to: Type.Optional(SaveName) }),
  result: Type.Object({ save: Save }),
});

/** Not that of a running instance. */
export const RenameSave = defineRequest({
  name: "save.rename",
  from: ["control"],
  to: "instance",
  permission: "save.write",
  isAudited: true,
  params: Type.Object({ save: SaveName, to: SaveName }),
  result: Type.Object({ save: Save }),
});

/** Moves it to the host's `deleted/`. Not that of a running instance. */
export const DeleteSave = defineRequest({
  name: "save.delete",
  from: ["control"],
  to: "instance",
  permission: "save.delete",
  isAudited: true,
  params: Type.Object({
    save: SaveName,
    /** Deleted only while it is still this one. */
    expected: Type.Optional(BlobReference),
  }),
  result: Type.Object({}),
});

/**
 * Fetches an upload from the controller: goes on where it was cut, checks length and SHA-256, and takes it only when it is a
 * sound save. Nothing is left of one that is refused.
 */
export const ImportSave = defineRequest({
  name: "save.import",
  from: ["control"],
  to: "instance",
  permission: "save.write",
  isAudited: true,
  params: Type.Object({
    name: SaveName,
    blob: BlobReference,
    /** When the map was saved; default: now. */
    modifiedAtMs: Type.Optional(TimeMs),
  }),
  result: Type.Object({ save: Save }),
});

/** Sends a save to the controller, where it can be fetched for a day. */
export const ExportSave = defineRequest({
  name: "save.export",
  from: ["control"],
  to: "instance",
  permission: "save.read",
  isAudited: true,
  params: Type.Object({ save: SaveName }),
  result: Type.Object({ blob: BlobReference, modifiedAtMs: TimeMs }),
});

/**
 * Copies a save to another instance on any host. Needs `save.read` as well, and `save.delete` to delete the source, which is
 * done only when the target has answered that it has it, and only when the source has not changed since.
 */
export const TransferSave = defineRequest({
  name: "save.transfer",
  from: ["control"],
  to: "controller",
  permission: "save.write",
  params: Type.Object({
    instanceId: PeerId,
    save: SaveName,
    toInstanceId: PeerId,
    /** Default: the same. */
    name: Type.Optional(SaveName),
    deleteSource: Type.Optional(Type.Boolean()),
  }),
  result: Type.Object({ save: Save, blob: BlobReference, sourceDeleted: Type.Boolean() }),
});
