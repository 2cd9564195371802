import { Type } from "typebox";
import { defineChannel, defineStream } from "@switchyard/protocol";
import { definePlugin } from "@switchyard/plugin-api";

const Number = Type.Object({ n: Type.Integer() });

/** What the stand-ins count up, on its way to the controller. */
export const Counted = defineChannel({ name: "chaos:counted", direction: "from-game", payload: Number });
export const Numbers = defineStream({ name: "chaos:numbers", payload: Number, keepEntries: 50_000_000 });

export const plugin = definePlugin({
  name: "chaos",
  version: "0.1.0",
  title: "Chaos",
  settings: Type.Object({}),
  channels: [Counted],
  streams: [Numbers],
  instance: () =>
    Promise.resolve((context) => {
      context.onGameMessage(Counted, ({ n }) => context.publishOrWait(Numbers, { n }));
    }),
});
