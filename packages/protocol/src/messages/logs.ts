import { Type } from "typebox";
import { defineEvent, defineRequest } from "../define.js";
import { LogLine } from "../entities/log-line.js";
import { PeerId } from "../names.js";

/** The newest lines that the host still has, oldest first; at most `tail`. */
export const GetLog = defineRequest({
  name: "log.get",
  from: ["control"],
  to: "instance",
  permission: "instance.log",
  params: Type.Object({ tail: Type.Integer({ minimum: 0, maximum: 2000 }) }),
  result: Type.Object({ lines: Type.Array(LogLine) }),
});

/** As `log.get`, and from then on every line comes as `log.lines` until `log.unfollow` or the control is gone. */
export const FollowLog = defineRequest({
  name: "log.follow",
  from: ["control"],
  to: "instance",
  permission: "instance.log",
  params: Type.Object({ tail: Type.Integer({ minimum: 0, maximum: 2000 }) }),
  result: Type.Object({ lines: Type.Array(LogLine) }),
});

export const UnfollowLog = defineRequest({
  name: "log.unfollow",
  from: ["control"],
  to: "instance",
  permission: "instance.log",
  params: Type.Object({}),
  result: Type.Object({}),
});

/** To a control that follows. `skipped` counts lines left out because the control takes them too slowly. */
export const LogLines = defineEvent({
  name: "log.lines",
  from: ["instance"],
  to: "control",
  permission: null,
  payload: Type.Object({ lines: Type.Array(LogLine), skipped: Type.Integer({ minimum: 0 }) }),
});

/** To hosts, when a control's session is over, so that what it followed can be dropped. */
export const ControlGone = defineEvent({
  name: "control.gone",
  from: [],
  to: "host",
  permission: null,
  payload: Type.Object({ controlId: PeerId }),
});
