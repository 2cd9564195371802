// A stand-in for the game's executable: prints its markers, speaks RCON, quits as told. FAKE_SERVER (JSON) chooses what goes wrong.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

const options = JSON.parse(process.env.FAKE_SERVER ?? "{}");
const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(3).padStart(8);
const say = (text) => process.stdout.write(`${seconds()} ${text}\n`);
const info = (text) => say(`Info ServerMultiplayerManager.cpp:808: ${text}`);
const sockets = new Set();
let quitting = false;
let counted = 0;

/** Numbered messages without end: options.count = { perSecond, fileEvery }. */
function count({ perSecond, fileEvery = 0 }) {
  const scripts = `${/write-data=(.*)/.exec(readFileSync(argument("--config"), "utf8"))[1]}/script-output`;
  mkdirSync(scripts, { recursive: true });
  const started = performance.now();
  return setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
    let text = "";
    while (counted < due && !quitting) {
      counted += 1;
      if (fileEvery > 0 && counted % fileEvery === 0) {
        writeFileSync(`${scripts}/count-${counted}.json`, String(counted));
        text += `\f$ipc:count?fcount-${counted}.json\n`;
      } else text += `\f$ipc:count?j${counted}\n`;
    }
    if (text !== "") process.stdout.write(text);
  }, 5);
}

function end(code) {
  process.exitCode = code;
  for (const socket of sockets) socket.destroy();
  rcon.close();
  process.stdin.destroy();
  clearInterval(alive);
  clearInterval(counting);
}

function quit(reason) {
  if (quitting) return;
  quitting = true;
  say(`Quitting: ${reason}.`);
  say(`Info MainLoop.cpp:437: Saving map as ${argument("--start-server")}`);
  setTimeout(() => {
    say("Info MainLoop.cpp:448: Saving progress: 100.000000%");
    info("updateTick(926) changing state from(InGame) to(DisconnectingScheduled)");
    info("updateTick(926) changing state from(Disconnected) to(Closed)");
    say("Goodbye");
    end(options.quitCode ?? 0);
  }, options.saveMs ?? 1);
}

function packet(id, type, text) {
  const body = Buffer.from(text);
  const bytes = Buffer.alloc(14 + body.length);
  bytes.writeInt32LE(10 + body.length, 0);
  bytes.writeInt32LE(id, 4);
  bytes.writeInt32LE(type, 8);
  body.copy(bytes, 12);
  return bytes;
}

/** Calls back with the reply; as in the game, output that cannot be written holds everything up. */
function run(text, reply) {
  if (text === "/quit" && !options.ignoreQuit) quit("remote-quit");
  if (text.startsWith("/print "))
    return process.stdout.write(`${JSON.parse(text.slice(7))}\n`, () => reply(""));
  if (text === "/counted") return reply(String(counted));
  if (text === "/crash") process.kill(process.pid, "SIGSEGV");
  reply(text === "/version" ? "2.0.77\n" : "");
}

const rcon = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  let held = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readInt32LE(0)) {
      const [id, type, length] = [held.readInt32LE(4), held.readInt32LE(8), held.readInt32LE(0)];
      const text = held.toString("utf8", 12, 2 + length);
      held = held.subarray(4 + length);
      if (type === 3) socket.write(packet(text === argument("--rcon-password") ? id : -1, 2, ""));
      else run(text, (reply) => socket.write(packet(id, 0, reply)));
    }
  });
});

let counting;
process.stdin.on("data", (bytes) => say(`typed ${String(bytes).trim()}`));
const alive = setInterval(() => undefined, 1000);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (options.ignoreSignals?.includes(signal)) return;
    say(`Received ${signal}, shutting down`);
    quit("signal");
  });
}

say("2026-08-02 02:16:26; Factorio 2.0.77 (build 84539, linux64, headless, space-age)");
say(
  `Config: ${readFileSync(argument("--config"), "utf8").split("\n").length} lines, password ${argument("--rcon-password")}`,
);
if (process.argv.includes("--create")) {
  if (!options.lines) writeFileSync(argument("--create"), "a map");
  for (const line of options.lines ?? []) process.stdout.write(`${line}\n`);
  say("Goodbye");
  end(options.exitCode ?? 0);
} else if (options.lines) {
  for (const line of options.lines) process.stdout.write(`${line}\n`);
  end(options.exitCode ?? 1);
} else {
  info("updateTick(18446744073709551615) changing state from(Ready) to(PreparedToHostGame)");
  info("updateTick(18446744073709551615) changing state from(PreparedToHostGame) to(CreatingGame)");
  say("Hosting game at IP ADDR:({0.0.0.0:34197})");
  if (!options.neverReady) {
    info("updateTick(0) changing state from(CreatingGame) to(InGame)");
    if (options.count) counting = count(options.count);
    const [host, port] = argument("--rcon-bind").split(":");
    rcon.on("error", () => {
      say(
        "Error CommandLineMultiplayer.cpp:364: Hosting multiplayer game failed: Can't bind socket: Address already in use",
      );
      say("Goodbye");
      end(1);
    });
    const announce = () =>
      say(`Info RemoteCommandProcessor.cpp:126: Starting RCON interface at IP ADDR:({${host}:${port}})`);
    if (options.noRcon) announce();
    else rcon.listen(Number(port), host, announce);
  }
}
