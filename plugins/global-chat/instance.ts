import type { InstanceSide } from "@switchyard/plugin-api";
import { plainText } from "./plain-text.js";
import { ChatLines, Said, Show } from "./messages.js";
import type { ChatSettings } from "./settings.js";

const MAX_NAME_LENGTH = 60;

/**
 * Carries chat between this instance and the cluster. Who said something comes from the game's own event, never from
 * the text of a log line, so that no text can pass for another player's. What is shown by the game raises no chat
 * event, and an instance leaves its own lines out, so nothing echoes.
 */
export const relayChat: InstanceSide<ChatSettings> = (context) => {
  const isSilent = () => context.settings.current.silentInstances.includes(context.instance.name);

  context.onGameMessage(Said, async ({ player, text, color }) => {
    const { relayConsole, maxLength } = context.settings.current;
    if (isSilent() || (player === undefined && !relayConsole)) return;
    const plain = plainText(text, maxLength);
    if (plain === "") return;
    // While the controller is away and too much waits, the game's next lines wait in its journal.
    await context.publishOrWait(ChatLines, {
      player: plainText(player ?? "<server>", MAX_NAME_LENGTH),
      text: plain,
      ...(color && { color }),
    });
  });

  context.consume(ChatLines, async ({ number, source, sourceName, atMs, payload }) => {
    const { maxAgeMinutes, maxLength } = context.settings.current;
    if (source === context.instance.id || isSilent()) return;
    if (Date.now() - atMs > maxAgeMinutes * 60_000) return;
    const from = `[${plainText(sourceName, MAX_NAME_LENGTH)}] ${plainText(payload.player, MAX_NAME_LENGTH)}`;
    await context.sendToGame(Show, {
      key: `${number}@${atMs}`,
      text: `${from}: ${plainText(payload.text, maxLength)}`,
      ...(payload.color && { color: payload.color }),
    });
  });
};
