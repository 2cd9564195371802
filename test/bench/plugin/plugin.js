import { Type } from "typebox";
import { defineRequest } from "@switchyard/protocol";
import { definePlugin } from "@switchyard/plugin-api";

/** A request from an instance on one host to an instance on another; its text comes back. */
export const Echo = defineRequest({
  name: "bench:echo",
  from: ["instance"],
  to: "instance",
  permission: null,
  params: Type.Object({ text: Type.String() }),
  result: Type.Object({ text: Type.String() }),
});

export const plugin = definePlugin({
  name: "bench",
  version: "0.1.0",
  title: "Benchmarks",
  settings: Type.Object({}),
  messages: [Echo],
});
