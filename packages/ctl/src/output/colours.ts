import picocolors from "picocolors";
import type { InstanceState } from "@switchyard/protocol";
import type { OutputStream } from "../io.js";

export type Colours = ReturnType<typeof picocolors.createColors>;

/** Colours only for a person at a terminal who did not ask for none. */
export function coloursFor(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
): Colours {
  const wanted = !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  return picocolors.createColors(stream.isTTY === true && wanted);
}

export function colourState(state: InstanceState, colours: Colours): string {
  switch (state) {
    case "running":
      return colours.green(state);
    case "crashed":
      return colours.red(state);
    case "preparing":
    case "starting":
    case "stopping":
      return colours.yellow(state);
    case "unknown":
      return colours.magenta(state);
    case "stopped":
      return colours.dim(state);
  }
}

/** For log lines: warnings and errors stand out, chat is easy to find. */
export function colourLevel(level: string, text: string, colours: Colours): string {
  switch (level.toLowerCase()) {
    case "error":
      return colours.red(text);
    case "warning":
      return colours.yellow(text);
    case "chat":
    case "shout":
      return colours.cyan(text);
    case "join":
    case "leave":
      return colours.green(text);
    default:
      return text;
  }
}
