import { fileURLToPath } from "node:url";
import {
  AppError,
  AssignInstance,
  CONTROLLER,
  CORE_MESSAGES,
  HTTP_PATHS,
  RegisterHost,
  unknownStatus,
  type RequestMessage,
} from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { Dispatcher, silentLog } from "@switchyard/link";
import { LinkClient } from "@switchyard/link/node";
import type { TString, TObject } from "typebox";

type Text = TObject<{ text: TString }>;
export type EchoMessage = RequestMessage<"bench:echo", Text, Text>;

export const PLUGIN_DIRECTORY = fileURLToPath(new URL("./plugin/", import.meta.url));

/** A host that runs no games: registers, takes instances, answers `bench:echo` for them. */
export async function startBenchHost(
  url: string,
  token: string,
): Promise<{ dispatcher: Dispatcher; Echo: EchoMessage; close(): Promise<void> }> {
  const { Echo } = (await import(new URL("./plugin/plugin.js", import.meta.url).href)) as {
    Echo: EchoMessage;
  };
  const client = new LinkClient({
    url: url + HTTP_PATHS.link,
    token,
    identity: { version: "bench" },
    log: silentLog,
    stopOnRefusal: true,
  });
  client.start();
  const session = await client.opened();
  const dispatcher = new Dispatcher({
    address: session.localAddress,
    messages: [...CORE_MESSAGES, Echo],
    compiler: createAjvCompiler(),
    send: (frame) => session.send(frame),
  });
  session.onFrame((frame) => dispatcher.accept(frame));
  session.onState((state, reason) => {
    if (state === "lost") dispatcher.failPending(() => true, reason ?? new AppError("session-lost"));
  });
  dispatcher.handle(AssignInstance, () => ({ status: unknownStatus("stopped", Date.now()) }));
  dispatcher.handle(Echo, (params) => params);
  const report = { name: "bench", version: "0", platform: "bench", publicAddress: "localhost", installs: [] };
  await dispatcher.request(RegisterHost, { report, instances: [] }, { to: CONTROLLER });
  return {
    dispatcher,
    Echo,
    close: async () => {
      dispatcher.close();
      await client.close();
    },
  };
}
