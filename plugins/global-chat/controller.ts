import { AppError } from "@switchyard/protocol";
import type { ControllerSide } from "@switchyard/plugin-api";
import { plainText } from "./plain-text.js";
import { ChatLines, Say } from "./messages.js";
import type { ChatSettings } from "./settings.js";

/** Lets people outside the game speak: what they say goes the same way as the chat of an instance. */
export const relaySayings: ControllerSide<ChatSettings> = (context) => {
  context.handle(Say, async ({ text }, asker) => {
    const plain = plainText(text, context.settings.current.maxLength);
    if (plain === "") throw new AppError("bad-request", { reason: "the text is empty without its tags" });
    await context.publish(ChatLines, { player: asker.user ?? "", text: plain });
    return {};
  });
};
