// Takes a Factorio server's place under faults: start markers, RCON with immediate answers, numbered messages without end.
//   /chaos_start RATE FILE_EVERY  from now on RATE messages a second, each FILE_EVERYth through a file; answers at once
//   /chaos_stop                   no more; answers how many there were
//   /chaos_echo TEXT              answers TEXT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

const options = process.argv.slice(2);
const optionOf = (name) => options[options.indexOf(name) + 1];
const startedAt = performance.now();
const line = (text) =>
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(3).padStart(8)} ${text}\n`);
const scripts = `${/^write-data=(.*)$/m.exec(readFileSync(optionOf("--config"), "utf8"))[1]}/script-output`;
mkdirSync(scripts, { recursive: true });

let counted = 0;
let counting;

function start(rate, fileEvery) {
  const beganAt = performance.now();
  counting = setInterval(() => {
    const due = Math.floor(((performance.now() - beganAt) / 1000) * rate);
    let text = "";
    while (counted < due) text += message((counted += 1), fileEvery);
    if (text !== "") process.stdout.write(text);
  }, 5);
}

function message(n, fileEvery) {
  if (fileEvery === 0 || n % fileEvery > 0) return `\f$ipc:chaos:counted?j{"n":${n}}\n`;
  writeFileSync(`${scripts}/chaos-${n}.json`, JSON.stringify({ n }));
  return `\f$ipc:chaos:counted?fchaos-${n}.json\n`;
}

function run(command) {
  const [name, ...words] = command.split(" ");
  if (name === "/chaos_start") start(Number(words[0]), Number(words[1]));
  else if (name === "/chaos_echo") return words.join(" ");
  else if (name === "/chaos_stop") {
    clearInterval(counting);
    return String(counted);
  } else if (name === "/players") return "Online players (0):\n";
  else if (name === "/sc") return /rcon\.print\("([^"]*)"\)/.exec(command)?.[1]?.concat("\n") ?? "";
  else if (name === "/quit") setImmediate(quit, "remote-quit");
  return "";
}

function quit(reason) {
  line(`Quitting: ${reason}.`);
  line("Info ServerMultiplayerManager.cpp:808: updateTick(0) changing state from(InGame) to(Closed)");
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

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32LE(0)) {
      const size = rest.readInt32LE(0);
      const [id, type] = [rest.readInt32LE(4), rest.readInt32LE(8)];
      const body = rest.toString("utf8", 12, 4 + size - 2);
      rest = rest.subarray(4 + size);
      if (type === 3) socket.write(reply(body === optionOf("--rcon-password") ? id : -1, 2, ""));
      else socket.write(reply(id, 0, run(body)));
    }
  });
});
process.on("SIGINT", () => quit("signal"));
process.on("SIGTERM", () => quit("signal"));
const bind = optionOf("--rcon-bind");
server.listen(Number(bind.split(":")[1]), "127.0.0.1", () => {
  const state = "Info ServerMultiplayerManager.cpp:808: updateTick(0) changing state";
  line(`Hosting game at IP ADDR:({0.0.0.0:${optionOf("--port")}})`);
  line(`${state} from(CreatingGame) to(InGame)`);
  line(`Info RemoteCommandProcessor.cpp:126: Starting RCON interface at IP ADDR:({${bind}})`);
});
