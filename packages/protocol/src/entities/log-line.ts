import { Type, type Static } from "typebox";
import { TimeMs } from "../names.js";

/** One line of an instance's log. */
export const LogLine = Type.Object({
  /** Counts up by one from 1 for each line since the host agent started. */
  number: Type.Integer({ minimum: 1 }),
  atMs: TimeMs,
  /** `switchyard` for what the host itself says of the instance. */
  origin: Type.Union([Type.Literal("server"), Type.Literal("switchyard")]),
  /** The server's own level (Info, Warning, Error, Script...) or the console tag (CHAT, JOIN...); empty when it has none. */
  level: Type.String(),
  text: Type.String(),
});
export type LogLine = Static<typeof LogLine>;
