// Takes a Factorio server's place in benchmarks: start markers, RCON with immediate answers, and commands that print.
//   /bench_ipc COUNT BYTES   prints COUNT IPC lines of about BYTES bytes on the channel bench:line
//   /bench_echo TEXT         answers TEXT
import { createServer } from "node:net";

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

async function printIpc(count, bytes) {
  const filler = "x".repeat(Math.max(1, bytes - 40));
  for (let from = 0; from < count; from += 200) {
    let text = "";
    for (let index = from; index < Math.min(count, from + 200); index += 1) {
      text += `\f$ipc:bench:line?j{"n":${index},"text":"${filler}"}\n`;
    }
    if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}

function run(command) {
  const [name, ...words] = command.split(" ");
  if (name === "/bench_ipc") void printIpc(Number(words[0]), Number(words[1]));
  else if (name === "/bench_echo") return words.join(" ");
  else if (name === "/sc") return /rcon\.print\("([^"]*)"\)/.exec(command)?.[1]?.concat("\n") ?? "";
  else if (name === "/quit") setImmediate(quit);
  return "";
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
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32LE(0)) {
      const size = rest.readInt32LE(0);
      const id = rest.readInt32LE(4);
      const type = rest.readInt32LE(8);
      const body = rest.subarray(12, 4 + size - 2).toString();
      rest = rest.subarray(4 + size);
      if (type === 3) socket.write(reply(body === optionOf("--rcon-password") ? id : -1, 2, ""));
      else socket.write(reply(id, 0, run(body)));
    }
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
