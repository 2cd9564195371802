import { Type } from "typebox";
import { defineRequest } from "../define.js";
import { DisplayName, TimeMs } from "../names.js";

/** A link that signs the named user in once. Shown this once. */
export const CreateSignInLink = defineRequest({
  name: "user.create-sign-in-link",
  from: ["control"],
  to: "controller",
  permission: "user.create-sign-in-link",
  params: Type.Object({ user: DisplayName }),
  result: Type.Object({ url: Type.String(), expiresAtMs: TimeMs }),
});

/** An API token for the named user. Shown this once. */
export const CreateUserToken = defineRequest({
  name: "user.create-token",
  from: ["control"],
  to: "controller",
  permission: "user.create-sign-in-link",
  params: Type.Object({ user: DisplayName, expiresInMs: Type.Optional(Type.Integer({ minimum: 1 })) }),
  result: Type.Object({ token: Type.String(), expiresAtMs: Type.Union([TimeMs, Type.Null()]) }),
});

/** Who is signed in on this link, and what cluster this is. */
export const GetSession = defineRequest({
  name: "session.get",
  from: ["control"],
  to: "controller",
  permission: null,
  params: Type.Object({}),
  result: Type.Object({
    user: Type.String(),
    permissions: Type.Array(Type.String()),
    clusterName: Type.String(),
    version: Type.String(),
  }),
});
