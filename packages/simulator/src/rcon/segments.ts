import type { ServerSettings } from "../server/server-settings.js";

/**
 * Ticks that a command of this length travels: one segment per tick, 100 bytes while few players are online,
 * falling to 25 with many (facts §4.5).
 */
export function segmentTicks(bytes: number, players: number, settings: ServerSettings): number {
  const { minimumSegmentSize, minimumSegmentSizePeers, maximumSegmentSize, maximumSegmentSizePeers } =
    settings;
  const span = Math.max(1, minimumSegmentSizePeers - maximumSegmentSizePeers);
  const share = Math.min(1, Math.max(0, (players - maximumSegmentSizePeers) / span));
  const size = maximumSegmentSize + (minimumSegmentSize - maximumSegmentSize) * share;
  return Math.ceil(bytes / Math.max(1, size));
}
