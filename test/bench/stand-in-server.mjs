// Takes a Factorio server's place in benchmarks: start markers, RCON with immediate answers, and commands that print.
//   /bench_ipc COUNT BYTES   prints COUNT IPC lines of about BYTES bytes on the channel bench:line
//   /bench_log COUNT BYTES   prints COUNT ordinary log lines of BYTES bytes
//   /bench_echo TEXT         answers TEXT
//   /bench_tick MS           from now on answers once in MS milliseconds all that came in; 0 answers at once again
// Lines are built before the measurement and written in blocks, replies to one read go out in one write: so it needs a
// small part of the time of what is measured.
import { createServer } from "node:net";

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
  else if (name === "/bench_echo") return words.join(" ");
  else if (name === "/sc") return /rcon\.print\("([^"]*)"\)/.exec(command)?.[1]?.concat("\n") ?? "";
  else if (name === "/quit") setImmediate(quit);
  return "";
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
      else answers.push(reply(id, 0, run(body)));
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
