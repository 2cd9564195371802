import { open } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { patchSave, readLuaModule } from "@switchyard/factorio";

/** What `patch-save` measures, in a process of its own: memory that another patch left behind would hide the growth. */
export interface PatchOnce {
  /** A plain copy of the same file to the disk, right before: what the machine can do at the moment. */
  copyMilliseconds: number;
  milliseconds: number;
  memoryMegabytes: number;
  blockedMilliseconds: number;
}

const RESOLUTION_MS = 1;
const [large = "", small = "", ...directories] = process.argv.slice(2);
const modules = await Promise.all(directories.map(readLuaModule));
await patchSave({ input: small, output: small, modules }); // a host has patched before

const copyMilliseconds = await copyPlainly(large, `${large}.copy`);
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
delay.enable();
const beganAt = performance.now();
await patchSave({ input: large, output: large, modules, keepPrevious: true });
const milliseconds = performance.now() - beganAt;
delay.disable();
clearInterval(watch);
peak = Math.max(peak, process.memoryUsage.rss());
const result: PatchOnce = {
  copyMilliseconds,
  milliseconds,
  memoryMegabytes: (peak - before) / 1024 ** 2,
  blockedMilliseconds: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
};
console.log(JSON.stringify(result));

async function copyPlainly(from: string, to: string): Promise<number> {
  const beganAt = performance.now();
  const [source, target] = [await open(from, "r"), await open(to, "w")];
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (let bytes = 1; bytes > 0;) {
    ({ bytesRead: bytes } = await source.read(buffer, 0, buffer.length, null));
    await target.write(buffer, 0, bytes);
  }
  await target.sync();
  await Promise.all([source.close(), target.close()]);
  return performance.now() - beganAt;
}
