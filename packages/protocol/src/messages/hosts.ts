import { Type } from "typebox";
import { defineRequest } from "../define.js";
import { Host, HostReport } from "../entities/host.js";
import { InstanceSpec, InstanceStatus } from "../entities/instance.js";
import { DisplayName, PeerId, TimeMs } from "../names.js";
import { PluginSettings } from "./plugins.js";

export const ListHosts = defineRequest({
  name: "host.list",
  from: ["control"],
  to: "controller",
  permission: "cluster.view",
  params: Type.Object({}),
  result: Type.Object({ hosts: Type.Array(Host) }),
});

/** Makes a host known and gives the token it signs in with. The token is shown this once. */
export const CreateHostToken = defineRequest({
  name: "host.create-token",
  from: ["control"],
  to: "controller",
  permission: "host.create-token",
  params: Type.Object({ name: DisplayName, expiresInMs: Type.Optional(Type.Integer({ minimum: 1 })) }),
  result: Type.Object({
    hostId: PeerId,
    token: Type.String(),
    expiresAtMs: Type.Union([TimeMs, Type.Null()]),
  }),
});

/** The first thing a host says on each new session: what it is and runs. The answer is what it should run. */
export const RegisterHost = defineRequest({
  name: "host.register",
  from: ["host"],
  to: "controller",
  permission: null,
  params: Type.Object({
    report: HostReport,
    instances: Type.Array(Type.Object({ id: PeerId, status: InstanceStatus })),
  }),
  result: Type.Object({
    clusterName: Type.String(),
    instances: Type.Array(InstanceSpec),
    plugins: Type.Array(PluginSettings),
  }),
});
