import { Type } from "typebox";
import { defineEvent, defineRequest } from "../define.js";
import { BlobReference, Instance, InstanceSpec, InstanceStatus } from "../entities/instance.js";
import { DisplayName, PeerId, SaveName } from "../names.js";

export const ListInstances = defineRequest({
  name: "instance.list",
  from: ["control"],
  to: "controller",
  permission: "cluster.view",
  params: Type.Object({}),
  result: Type.Object({ instances: Type.Array(Instance) }),
});

/** Places the instance on the named host, or on the connected host with the fewest instances. */
export const CreateInstance = defineRequest({
  name: "instance.create",
  from: ["control"],
  to: "controller",
  permission: "instance.create",
  params: Type.Object({
    name: DisplayName,
    hostId: Type.Optional(PeerId),
    factorioVersion: Type.Optional(InstanceSpec.properties.factorioVersion),
    gamePort: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    save: Type.Optional(Type.Object({ name: SaveName, blob: BlobReference })),
    settings: Type.Optional(InstanceSpec.properties.settings),
  }),
  result: Type.Object({ instance: Instance }),
});

/** Only a stopped instance can be deleted. Its folder on the host is moved aside, not erased. */
export const DeleteInstance = defineRequest({
  name: "instance.delete",
  from: ["control"],
  to: "controller",
  permission: "instance.delete",
  params: Type.Object({ instanceId: PeerId }),
  result: Type.Object({}),
});

/** Answers when the server is in game and takes commands. Starting a running instance changes nothing. */
export const StartInstance = defineRequest({
  name: "instance.start",
  from: ["control"],
  to: "controller",
  permission: "instance.start",
  params: Type.Object({
    instanceId: PeerId,
    /** The one of its saves to go on with, now and at later starts; default: the newest. Refused while another one runs. */
    save: Type.Optional(SaveName),
  }),
  result: Type.Object({ status: InstanceStatus }),
});

/** Answers when the server has saved and its process has ended. Stopping a stopped instance changes nothing. */
export const StopInstance = defineRequest({
  name: "instance.stop",
  from: ["control"],
  to: "controller",
  permission: "instance.stop",
  params: Type.Object({ instanceId: PeerId }),
  result: Type.Object({ status: InstanceStatus }),
});

/** The reply is the server's own text, with its line feed. Chat when the command has no leading slash. */
export const SendRcon = defineRequest({
  name: "instance.send-rcon",
  from: ["control"],
  to: "instance",
  permission: "instance.send-rcon",
  params: Type.Object({ command: Type.String({ minLength: 1, maxLength: 1_000_000 }) }),
  result: Type.Object({ reply: Type.String() }),
});

/** Controller to host: run the instance. */
export const RunInstance = defineRequest({
  name: "instance.run",
  from: [],
  to: "host",
  permission: null,
  params: Type.Object({ spec: InstanceSpec, save: Type.Optional(SaveName) }),
  result: Type.Object({ status: InstanceStatus }),
});

/** Controller to host: end the instance's process. */
export const EndInstance = defineRequest({
  name: "instance.end",
  from: [],
  to: "host",
  permission: null,
  params: Type.Object({ instanceId: PeerId }),
  result: Type.Object({ status: InstanceStatus }),
});

/** Controller to host: keep or change the instance's spec without starting it. */
export const AssignInstance = defineRequest({
  name: "instance.assign",
  from: [],
  to: "host",
  permission: null,
  params: Type.Object({ spec: InstanceSpec }),
  result: Type.Object({ status: InstanceStatus }),
});

/** Controller to host: forget the instance; its folder is moved to the host's `deleted/`. */
export const RemoveInstance = defineRequest({
  name: "instance.remove",
  from: [],
  to: "host",
  permission: null,
  params: Type.Object({ instanceId: PeerId }),
  result: Type.Object({}),
});

/** Host to controller. The source address is the instance. */
export const InstanceStatusChanged = defineEvent({
  name: "instance.status-changed",
  from: ["instance"],
  to: "controller",
  permission: null,
  payload: Type.Object({ status: InstanceStatus }),
});
