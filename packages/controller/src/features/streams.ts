import { parseAddress, PublishToStream, ReadStream, type AddressText } from "@switchyard/protocol";
import type { Dispatcher } from "@switchyard/link";
import type { Streams } from "../state/streams.js";

export function serveStreams(dispatcher: Dispatcher, streams: Streams): void {
  dispatcher.handle(PublishToStream, async (params, { source }) => {
    const { head } = await streams.publish({ ...params, source: instanceId(source) });
    return { head };
  });
  dispatcher.handle(ReadStream, (params, { signal }) => streams.read({ ...params, signal }));
}

/** Admission has checked that it is an instance's address. */
function instanceId(source: AddressText): string {
  const address = parseAddress(source);
  return address?.kind === "instance" ? address.id : source;
}
