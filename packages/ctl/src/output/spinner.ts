import type { OutputStream } from "../io.js";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\u001b[2K";

export interface Spinner {
  update(text: string): void;
  stop(): void;
}

/** One moving line on a terminal; nothing elsewhere, so that logs of scripts stay readable. */
export function startSpinner(stream: OutputStream, text: string): Spinner {
  if (stream.isTTY !== true) return { update: () => undefined, stop: () => undefined };
  let shown = text;
  let frame = 0;
  const startedAtMs = performance.now();
  const draw = () => {
    const seconds = Math.floor((performance.now() - startedAtMs) / 1000);
    const line = `${FRAMES[frame % FRAMES.length]} ${shown}${seconds >= 2 ? ` (${seconds} s)` : ""}`;
    frame += 1;
    stream.write(`${CLEAR_LINE}${line.slice(0, Math.max(10, (stream.columns ?? 80) - 1))}`);
  };
  const timer = setInterval(draw, 100);
  timer.unref();
  draw();
  return {
    update: (next) => {
      shown = next;
    },
    stop: () => {
      clearInterval(timer);
      stream.write(CLEAR_LINE);
    },
  };
}
