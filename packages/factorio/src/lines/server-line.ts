/** One line of the server's stdout, by shape. The shapes are tried in this order; the first that fits wins. */
export type ServerLine =
  /** `2026-08-02 02:16:35 [CHAT] <server>: hello` */
  | { shape: "action"; date: string; action: string; text: string; raw: string }
  /** `2019-01-20 10:30:14 Cannot execute command. Error: …` */
  | { shape: "dated"; date: string; text: string; raw: string }
  /** `   0.578 Info ServerMultiplayerManager.cpp:808: updateTick(0) …`; seconds since process start */
  | { shape: "log"; seconds: number; level: string; source: string; text: string; raw: string }
  /** `   0.577 Hosting game at IP ADDR:({0.0.0.0:34197})` */
  | { shape: "engine"; seconds: number; text: string; raw: string }
  /** Anything else: command replies, Lua print(), the later lines of an error */
  | { shape: "bare"; text: string; raw: string };

const DATED = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (.*)$/s;
const ACTION = /^\[(\w+)\] (.*)$/s;
// Width 8 with 3 decimals: from 10,000 s on there is no padding left, so up to three spaces cover every length.
const ENGINE = /^ {0,3}(\d+\.\d+) /;
const LOG = /^(\w+) (\w+\.cpp:\d+|[@=].*?:\d+): /s;

const SPACE = 0x20;
const DASH = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * Never fails: what has no known shape is "bare". `raw` is the line without its line ending. One or two characters tell which
 * expressions are worth a try.
 */
export function parseServerLine(raw: string): ServerLine {
  const first = raw.charCodeAt(0);
  if (first !== SPACE && !(first >= DIGIT_0 && first <= DIGIT_9)) return { shape: "bare", text: raw, raw };
  if (raw.charCodeAt(4) === DASH) {
    const dated = DATED.exec(raw);
    if (dated) return parseDated(dated[1] ?? "", dated[2] ?? "", raw);
  }
  const engine = ENGINE.exec(raw);
  if (!engine) return { shape: "bare", text: raw, raw };
  const seconds = Number(engine[1]);
  const text = raw.slice(engine[0].length);
  const log = LOG.exec(text);
  if (!log) return { shape: "engine", seconds, text, raw };
  const [start, level = "", source = ""] = log;
  return { shape: "log", seconds, level, source, text: text.slice(start.length), raw };
}

function parseDated(date: string, text: string, raw: string): ServerLine {
  const action = ACTION.exec(text);
  if (!action) return { shape: "dated", date, text, raw };
  return { shape: "action", date, action: action[1] ?? "", text: action[2] ?? "", raw };
}
