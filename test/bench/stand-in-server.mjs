// Takes a Factorio server's place in benchmarks: start markers, RCON with immediate answers, and commands that print.
//   /bench_ipc COUNT BYTES   prints COUNT IPC lines of about BYTES bytes on the channel bench:line
//   /bench_log COUNT BYTES   prints COUNT ordinary log lines of BYTES bytes
//   /bench_echo TEXT         answers TEXT
//   /bench_tick MS           from now on answers once in MS milliseconds all that came in; 0 answers at once again
//   /bench_pace BYTES        with ticks: takes in so many bytes of commands a tick, one after the other; 0 takes in all
//   /bench_bytes             answers how many bytes of commands came since it was asked last
//   /sc switchyard_core.batch{...}  what the Lua module answers to calls of bench.echo and to bulk transfers
// Lines are built before the measurement and written in blocks, replies to one read go out in one write: so it needs a
// small part of the time of what is measured.
import { createServer } from "node:net";
import { inflateSync } from "node:zlib";

const BLOCK_BYTES = 64 * 1024;
const options = process.argv.slice(2);
const optionOf = (name) => options[options.indexOf(name) + 1];
const startedAt = performance.now();
const line = (text) =>
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(3).padStart(8)} ${text}\n`);

if (options.includes("--create")) {
  line("Goodbye");
  process.exit(0);
}

function reply(id, type, text) {
  const body = Buffer.from(text);
  const packet = Buffer.alloc(14 + body.length);
  packet.writeInt32LE(10 + body.length, 0);
  packet.writeInt32LE(id, 4);
  packet.writeInt32LE(type, 8);
  body.copy(packet, 12);
  return packet;
}

const ipcLine = (bytes) => (number) =>
  `\f$ipc:bench:line?j{"n":${number},"text":"${"x".repeat(Math.max(1, bytes - 40))}"}\n`;

function logLine(bytes) {
  const start = "   1.234 Info ServerMultiplayerManager.cpp:808: bench ";
  return (number) => `${start}${`${number} `.padEnd(Math.max(1, bytes - start.length), "x")}\n`;
}

/** Numbers begin again in every block. */
async function print(count, makeLine) {
  const perBlock = Math.min(count, Math.ceil(BLOCK_BYTES / makeLine(0).length));
  const block = Buffer.from(Array.from({ length: perBlock }, (_, number) => makeLine(number)).join(""));
  for (let left = count; left >= perBlock; left -= perBlock) await written(block);
  if (count % perBlock > 0) await print(count % perBlock, makeLine);
}

function written(bytes) {
  return new Promise((resolve) => process.stdout.write(bytes, resolve));
}

function run(command) {
  const [name, ...words] = command.split(" ");
  // After the reply has gone out: writes to a full pipe hold this process up.
  if (name === "/bench_ipc") setImmediate(print, Number(words[0]), ipcLine(Number(words[1])));
  else if (name === "/bench_log") setImmediate(print, Number(words[0]), logLine(Number(words[1])));
  else if (name === "/bench_tick") setTick(Number(words[0]));
  else if (name === "/bench_pace") setPace(Number(words[0]));
  else if (name === "/bench_bytes") return takenBytes();
  else if (name === "/bench_echo") return words.join(" ");
  else if (command.startsWith("/sc switchyard_core.batch{")) return runBatch(command);
  else if (name === "/sc") return /rcon\.print\("([^"]*)"\)/.exec(command)?.[1]?.concat("\n") ?? "";
  else if (name === "/quit") setImmediate(quit);
  return "";
}

/** `{"path","text or number"...}`; the bench sends nothing that has to be unescaped. */
const CALL = /\{"([^"]*)"((?:,(?:"[^"]*"|[^,}"]*))*)\}/g;
const ARGUMENT = /,(?:"([^"]*)"|([^,]*))/g;

function runBatch(command) {
  const lines = [];
  for (const [, path, rest] of command.matchAll(CALL)) {
    if (path === "bench.echo") lines.push(`+${rest.slice(2, -1)}`);
    else
      lines.push(
        runBulk(
          path,
          Array.from(rest.matchAll(ARGUMENT), ([, text, number]) => text ?? number),
        ),
      );
  }
  return `batch ${lines.length}\n${lines.join("\n")}\n`;
}

/** Parts of the transfers under way; lua-modules/core/bulk.lua is the real one. */
const transfers = new Map();

function runBulk(path, [id, ...values]) {
  if (path === ".bulk_part") return takePart(id, values);
  if (path !== ".bulk_finish") return `-no function ${path}`;
  takePart(id, [values[2], values[3]]);
  const parts = [...transfers.get(id)].sort(([a], [b]) => a - b);
  transfers.delete(id);
  return `++${inflateSync(Buffer.from(parts.map(([, text]) => text).join(""), "base64")).length}`;
}

function takePart(id, [offset, text]) {
  if (!transfers.has(id)) transfers.set(id, new Map());
  transfers.get(id).set(Number(offset), text);
  return "+";
}

let bytesIn = 0;
let paceBytes = 0;
/** Commands that are on the way in while the link is paced: `bytes` are those still to come. */
const travelling = [];

function takenBytes() {
  const bytes = bytesIn;
  bytesIn = 0;
  return String(bytes);
}

/** The link is cut into segments only while somebody is online, so somebody joins. */
function setPace(bytes) {
  if (paceBytes === 0 && bytes > 0)
    process.stdout.write("2026-01-01 00:00:00 [JOIN] Bench joined the game\n");
  if (paceBytes > 0 && bytes === 0) process.stdout.write("2026-01-01 00:00:00 [LEAVE] Bench left the game\n");
  paceBytes = bytes;
}

function arrive() {
  let room = paceBytes === 0 ? Infinity : paceBytes;
  while (travelling.length > 0 && room > 0) {
    const first = travelling[0];
    const taken = Math.min(room, first.bytes);
    first.bytes -= taken;
    room -= taken;
    if (first.bytes > 0) return;
    travelling.shift();
    answer(first.socket, [reply(first.id, 0, run(first.body))]);
  }
}

/** Answers that wait for the next tick, per socket. */
const waiting = new Map();
let tickMs = 0;

function setTick(ms) {
  const mustStart = tickMs === 0 && ms > 0;
  tickMs = ms;
  if (mustStart) scheduleTick(performance.now());
}

/** Timers have whole milliseconds; counting from the last tick's due time keeps the rate right. */
function scheduleTick(last) {
  const due = Math.max(last + tickMs, performance.now());
  setTimeout(
    () => {
      arrive();
      for (const [socket, answers] of waiting) socket.write(Buffer.concat(answers));
      waiting.clear();
      if (tickMs > 0) scheduleTick(due);
    },
    Math.max(1, due - performance.now()),
  );
}

function answer(socket, answers) {
  if (tickMs > 0) waiting.set(socket, [...(waiting.get(socket) ?? []), ...answers]);
  else if (answers.length > 0) socket.write(answers.length === 1 ? answers[0] : Buffer.concat(answers));
}

function quit() {
  line("Quitting: remote-quit.");
  line("Info ServerMultiplayerManager.cpp:808: updateTick(0) changing state from(InGame) to(Closed)");
  line("Goodbye");
  process.exit(0);
}

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    const answers = [];
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (rest.length - at >= 4 && rest.length - at >= 4 + rest.readInt32LE(at)) {
      const size = rest.readInt32LE(at);
      const id = rest.readInt32LE(at + 4);
      const type = rest.readInt32LE(at + 8);
      const body = rest.toString("utf8", at + 12, at + 4 + size - 2);
      at += 4 + size;
      if (type === 3) socket.write(reply(body === optionOf("--rcon-password") ? id : -1, 2, ""));
      else {
        bytesIn += size - 10;
        if (paceBytes > 0 && !body.startsWith("/bench_"))
          travelling.push({ socket, id, body, bytes: size - 10 });
        else answers.push(reply(id, 0, run(body)));
      }
    }
    rest = rest.subarray(at);
    answer(socket, answers);
  });
});
process.on("SIGINT", quit);
process.on("SIGTERM", quit);
const bind = optionOf("--rcon-bind") ?? `127.0.0.1:${optionOf("--rcon-port")}`;
server.listen(Number(bind.split(":")[1]), "127.0.0.1", () => {
  const state = "Info ServerMultiplayerManager.cpp:808: updateTick(0) changing state";
  line(`Hosting game at IP ADDR:({0.0.0.0:${optionOf("--port")}})`);
  line(`${state} from(CreatingGame) to(InGame)`);
  line(`Info RemoteCommandProcessor.cpp:126: Starting RCON interface at IP ADDR:({${bind}})`);
});
