import { instanceAddress } from "@switchyard/protocol";
import { errorFields, type Logger } from "@switchyard/node-kit";
import type { ControllerLink } from "../controller-link.js";
import { atMost } from "../pauses.js";
import { StreamPublisher } from "./stream-publisher.js";

/** The publishers of all instances; they go on while the instance is stopped, until everything is delivered. */
export class StreamPublishers {
  readonly #publishers = new Map<string, Map<string, StreamPublisher>>();

  constructor(
    private readonly link: ControllerLink,
    private readonly log: Logger,
  ) {}

  get(instanceId: string, stream: string): StreamPublisher {
    const ofInstance = this.#publishers.get(instanceId) ?? new Map<string, StreamPublisher>();
    this.#publishers.set(instanceId, ofInstance);
    let publisher = ofInstance.get(stream);
    if (!publisher) {
      publisher = new StreamPublisher({
        stream,
        from: instanceAddress(instanceId),
        link: this.link,
        log: this.log.child({ instance: instanceId, stream }),
      });
      ofInstance.set(stream, publisher);
    }
    return publisher;
  }

  async remove(instanceId: string): Promise<void> {
    const ofInstance = this.#publishers.get(instanceId);
    this.#publishers.delete(instanceId);
    for (const publisher of ofInstance?.values() ?? []) await publisher.close();
  }

  /** Gives what waits a last chance of at most `limitMs`. */
  async close(limitMs: number): Promise<void> {
    const all = [...this.#publishers.values()].flatMap((ofInstance) => [...ofInstance.values()]);
    await atMost(limitMs, Promise.all(all.map((publisher) => publisher.flushed())));
    const lost = all.reduce((sum, publisher) => sum + publisher.waiting, 0);
    if (lost > 0) this.log.warn(`${lost} entries of streams could not be delivered before the host ended`);
    await Promise.all(all.map((publisher) => publisher.close())).catch((error: unknown) =>
      this.log.error("Closing publishers failed", errorFields(error)),
    );
  }
}
