import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { Dispatcher, type Session } from "@switchyard/link";
import { LinkServer } from "@switchyard/link/node";
import {
  AppError,
  CONTROLLER,
  controlAddress,
  CORE_MESSAGES,
  HTTP_PATHS,
  instanceAddress,
  InstanceStatusChanged,
  LogLines,
  PublishToStream,
  ReadStream,
  RegisterHost,
  type InstanceSpec,
  type InstanceStatus,
  type LogLine,
  type ParamsOf,
  type PluginSettings,
} from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { createDeferred } from "../deferred.js";
import { FakeStreams } from "./fake-streams.js";
import { Recorder } from "./fixtures.js";

const TOKEN = "swh_test";
const HOST = "host/h1";

/** A controller as far as one host can see it. The dispatcher of the newest session is `host`. */
export class FakeController {
  readonly streams = new FakeStreams();
  readonly registrations = new Recorder<ParamsOf<typeof RegisterHost>>();
  readonly statuses = new Recorder<InstanceStatus & { source: string }>();
  readonly logLines = new Recorder<{ lines: LogLine[]; skipped: number }>();
  readonly blobs = new Map<string, Buffer>();
  specs: InstanceSpec[] = [];
  plugins: PluginSettings[] = [];
  readonly token = TOKEN;
  #http: Server | undefined;
  #link: LinkServer | undefined;
  #dispatcher: Dispatcher | undefined;
  readonly #sockets = new Set<Duplex>();
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Asks the host. */
  get host(): Dispatcher {
    if (!this.#dispatcher) throw new Error("no host is connected");
    return this.#dispatcher;
  }

  /** Serves, at the same port as before when it was stopped. */
  async start(): Promise<void> {
    const http = createServer((request, response) => {
      const blob = this.blobs.get(request.url?.slice(HTTP_PATHS.blobs.length + 1) ?? "");
      if (blob) response.end(blob);
      else response.writeHead(404).end();
    });
    http.on("upgrade", (_request, socket: Duplex) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#http = http;
    this.#serveLink(http);
    http.listen(this.#port, "127.0.0.1");
    await once(http, "listening");
    this.#port = (http.address() as AddressInfo).port;
  }

  /** Drops the sockets; sessions may be resumed. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As if it was killed and started again: it knows no session any more. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    this.cut();
    await this.#link?.close(new AppError("shutting-down", { what: "The controller" }));
    this.#dispatcher?.close();
    this.#dispatcher = undefined;
    this.#http?.closeAllConnections();
    const closed = createDeferred<void>();
    this.#http?.close(() => closed.resolve());
    await closed.promise;
  }

  /** An agent was ended: what comes from now on is the next one's, and `status` looks at nothing before. */
  forgetStatuses(): void {
    this.statuses.values.length = 0;
  }

  /** Resolves when the host registered for the `count`th time. */
  async registered(count = 1): Promise<void> {
    await this.registrations.until((all) => all.length >= count, `registration ${count}`);
  }

  /** Resolves when the newest status is so. */
  async status(state: InstanceStatus["state"]): Promise<InstanceStatus> {
    await this.statuses.until((all) => all.at(-1)?.state === state, `status ${state}`, 30_000);
    return this.statuses.values.at(-1) as InstanceStatus;
  }

  #serveLink(httpServer: Server): void {
    const silent = { warn: () => undefined };
    this.#link = new LinkServer({
      httpServer,
      path: HTTP_PATHS.link,
      version: "test",
      log: silent,
      authenticate: (request) => {
        if (request.headers.authorization !== `Bearer ${TOKEN}`) throw new AppError("token-unknown");
        return Promise.resolve({ kind: "host", id: "h1", address: HOST, version: "" });
      },
      onSession: (session) => this.#begin(session),
    });
  }

  #begin(session: Session): void {
    const dispatcher = new Dispatcher({
      address: CONTROLLER,
      messages: CORE_MESSAGES,
      compiler: createAjvCompiler(),
      send: (frame) => session.send(frame),
    });
    this.#dispatcher = dispatcher;
    dispatcher.handle(RegisterHost, (params) => {
      // What an instance is may come with the registration or after it.
      for (const { id, status } of params.instances)
        this.statuses.add({ ...status, source: instanceAddress(id) });
      this.registrations.add(params);
      return { clusterName: "test", instances: this.specs, plugins: this.plugins };
    });
    dispatcher.handle(PublishToStream, (params, { source }) => this.streams.publish(source, params));
    dispatcher.handle(ReadStream, (params, { signal }) => this.streams.read(params, signal));
    dispatcher.on(InstanceStatusChanged, ({ status }, { source }) =>
      this.statuses.add({ ...status, source }),
    );
    // The link's first hop would pass these on to the control.
    dispatcher.on(LogLines, (batch) => this.logLines.add(batch));
    session.onFrame((frame) => dispatcher.accept(frame));
    session.onState((state, reason) => {
      if (state === "lost") dispatcher.failPending(() => true, reason ?? new AppError("session-lost"));
    });
  }
}

export const TEST_CONTROL = controlAddress("c1");
