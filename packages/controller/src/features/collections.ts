import { UnwatchCollection, WatchCollection } from "@switchyard/protocol";
import type { Dispatcher } from "@switchyard/link";
import type { Collections } from "../state/collections.js";

export function serveCollections(dispatcher: Dispatcher, collections: Collections): void {
  dispatcher.handle(WatchCollection, ({ collection, sinceRevision }, { source }) =>
    collections.watch(source, collection, sinceRevision),
  );
  dispatcher.handle(UnwatchCollection, ({ collection }, { source }) => {
    collections.unwatch(source, collection);
    return {};
  });
}
