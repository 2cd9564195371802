import { Type, type Static } from "typebox";

export const ChatSettings = Type.Object({
  silentInstances: Type.Array(Type.String(), {
    title: "Silent instances",
    description: "Names of instances that neither send nor show chat of the cluster.",
    default: [],
  }),
  relayConsole: Type.Boolean({
    title: "Relay the console",
    description: "Also send what is said on the server's own console or by RCON.",
    default: false,
  }),
  maxLength: Type.Integer({
    title: "Longest text",
    description: "Characters of a text that are shown; the rest is cut.",
    default: 500,
    minimum: 20,
    maximum: 2000,
  }),
  maxAgeMinutes: Type.Integer({
    title: "Oldest text",
    description: "An instance that was stopped does not show what was said longer ago than this.",
    default: 10,
    minimum: 1,
    maximum: 1440,
  }),
});
export type ChatSettings = Static<typeof ChatSettings>;
