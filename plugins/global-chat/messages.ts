import { Type } from "typebox";
import { defineChannel, defineRequest, defineStream } from "@switchyard/protocol";

const Color = Type.Object({ r: Type.Number(), g: Type.Number(), b: Type.Number() });
const Text = Type.String({ maxLength: 4000 });

/** What players of one instance said, on its way to all others. */
export const ChatLines = defineStream({
  name: "global-chat:lines",
  payload: Type.Object({ player: Text, text: Text, color: Type.Optional(Color) }),
  keepEntries: 10_000,
});

/** The game tells that somebody said something. No `player`: the server's console. */
export const Said = defineChannel({
  name: "global-chat:said",
  direction: "from-game",
  payload: Type.Object({
    player: Type.Optional(Type.String()),
    text: Type.String(),
    color: Type.Optional(Color),
  }),
});

/** The game shows a line to its players. A line whose `key` is the last one shown is not shown again. */
export const Show = defineChannel({
  name: "global-chat:show",
  direction: "to-game",
  payload: Type.Object({ key: Type.String(), text: Text, color: Type.Optional(Color) }),
});

/** Says something on all instances, in the name of the signed-in user. */
export const Say = defineRequest({
  name: "global-chat:say",
  from: ["control"],
  to: "controller",
  permission: "global-chat:say",
  params: Type.Object({ text: Type.String({ minLength: 1, maxLength: 1000 }) }),
  result: Type.Object({}),
});
