import { resolve } from "node:path";
import {
  AppError,
  CreateInstance,
  DeleteInstance,
  InstanceSpec,
  ListHosts,
  ListInstances,
  StartInstance,
  StopInstance,
  type Instance,
  type InstanceStatus,
} from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import type { CommandContext, GlobalOptions, Handler } from "../../command.js";
import type { ControlConnection } from "../../connection.js";
import { findHost, findInstance } from "../../names.js";
import { colourState } from "../../output/colours.js";
import { fileSize } from "../../output/time.js";
import { instanceView } from "../../output/views.js";
import { zipName } from "../saves/zip-name.js";
import { uploadSave } from "../../upload.js";

/** A start may have to load a large map, and a stop to save one; the host's own limits are 10 and 5 minutes. */
const START_TIMEOUT_MS = 11 * 60_000;
const STOP_TIMEOUT_MS = 6 * 60_000;

interface NamedInstance extends GlobalOptions {
  instance: string;
}

interface CreateArguments extends GlobalOptions {
  name: string;
  host: string | undefined;
  save: string | undefined;
  factorioVersion: string | undefined;
  port: number | undefined;
  start: boolean;
}

export const createInstance: Handler<CreateArguments> = async (args, context) => {
  const { factorioVersion, port: gamePort } = args;
  if (factorioVersion !== undefined && !isVersion(factorioVersion))
    throw new AppError("usage", {
      reason: `--factorio-version takes latest, 2.0 or 2.0.77, not ${factorioVersion}`,
    });
  if (gamePort !== undefined && !(Number.isInteger(gamePort) && gamePort >= 1 && gamePort <= 65535))
    throw new AppError("usage", { reason: "--port takes a number from 1 to 65535" });
  const connection = await context.connect();
  const hostId = args.host === undefined ? undefined : (await findHost(connection, args.host)).id;
  const save = args.save === undefined ? undefined : await upload(context, connection, args.save);
  const { instance } = await connection.request(
    CreateInstance,
    {
      name: args.name,
      ...(hostId !== undefined && { hostId }),
      ...(factorioVersion !== undefined && { factorioVersion }),
      ...(gamePort !== undefined && { gamePort }),
      ...(save && { save }),
    },
    { timeoutMs: context.timeoutOr(30_000) },
  );
  const status = args.start ? await start(context, connection, instance) : instance.status;
  await report(context, connection, { ...instance, status }, "Created");
};

export const startInstance: Handler<NamedInstance & { save: string | undefined }> = async (args, context) => {
  const connection = await context.connect();
  const instance = await findInstance(connection, args.instance);
  await report(
    context,
    connection,
    { ...instance, status: await start(context, connection, instance, args.save) },
    "Instance",
  );
};

export const stopInstance: Handler<NamedInstance> = async (args, context) => {
  const connection = await context.connect();
  const instance = await findInstance(connection, args.instance);
  const { status } = await context.output.during(`Stopping ${instance.spec.name}`, () =>
    connection.request(
      StopInstance,
      { instanceId: instance.id },
      { timeoutMs: context.timeoutOr(STOP_TIMEOUT_MS) },
    ),
  );
  await report(context, connection, { ...instance, status }, "Instance");
};

export const deleteInstance: Handler<NamedInstance> = async (args, context) => {
  const connection = await context.connect();
  const { id, spec } = await findInstance(connection, args.instance);
  await connection.request(DeleteInstance, { instanceId: id }, { timeoutMs: context.timeoutOr(30_000) });
  await context.output.result(
    { deleted: { id, name: spec.name } },
    () => `Deleted ${spec.name} (${id}); its folder was moved to "deleted" on its host\n`,
  );
};

function start(
  context: CommandContext,
  connection: ControlConnection,
  { id, spec }: Instance,
  save?: string,
): Promise<InstanceStatus> {
  return context.output.during(`Starting ${spec.name}`, async () => {
    const options = { timeoutMs: context.timeoutOr(START_TIMEOUT_MS) };
    const params = { instanceId: id, ...(save !== undefined && { save: zipName(save) }) };
    return (await connection.request(StartInstance, params, options)).status;
  });
}

function upload(context: CommandContext, connection: ControlConnection, file: string) {
  return context.output.during(`Uploading ${file}`, (update) =>
    uploadSave({
      url: connection.url,
      token: connection.token,
      file: resolve(context.io.workingDirectory, file),
      signal: context.io.signal,
      onProgress: (sent, size) => update(`Uploading ${file}: ${fileSize(sent)} of ${fileSize(size)}`),
    }),
  );
}

async function report(
  context: CommandContext,
  connection: ControlConnection,
  instance: Instance,
  what: "Created" | "Instance",
): Promise<void> {
  const [{ hosts }, { instances }] = await Promise.all([
    connection.request(ListHosts, {}),
    connection.request(ListInstances, {}),
  ]);
  // What the answer said counts for the state; the rest may have come to be known since.
  const listed = instances.find(({ id }) => id === instance.id) ?? instance;
  const view = instanceView({ ...listed, status: { ...listed.status, ...instance.status } }, hosts);
  await context.output.result(view, (colours) => {
    const where =
      view.address === null || view.state !== "running" ? "" : `, players join at ${view.address}`;
    const words = view.words === "" ? "" : ` (${view.words})`;
    const host = view.hostName ?? view.hostId;
    return `${what} ${view.name} (${view.id}) on ${host} is ${colourState(view.state, colours)}${where}${words}\n`;
  });
}

function isVersion(text: string): boolean {
  return createAjvCompiler()(InstanceSpec.properties.factorioVersion)(text) === undefined;
}
