import { startBenchHost } from "./bench-host.js";

// A second host in a process of its own: URL and token come on stdin, so that no token is in the process list.
const chunks: string[] = [];
for await (const chunk of process.stdin.setEncoding("utf8")) chunks.push(chunk as string);
const { url, token } = JSON.parse(chunks.join("")) as { url: string; token: string };
await startBenchHost(url, token);
console.log("ready");
