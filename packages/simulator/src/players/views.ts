import type { PlayerState } from "../world/player-state.js";

const MAX_LINES = 1000;

export interface ShownLine {
  player: string;
  text: string;
}

/** What each player has seen in the chat area, for people and tests that play through the control socket. */
export class Views {
  private readonly lines = new Map<string, string[]>();
  private readonly listeners = new Set<(line: ShownLine) => void>();

  show(players: Iterable<PlayerState>, text: string): void {
    for (const player of players) {
      const seen = this.lines.get(player.name) ?? [];
      seen.push(text);
      if (seen.length > MAX_LINES) seen.shift();
      this.lines.set(player.name, seen);
      for (const listener of this.listeners) listener({ player: player.name, text });
    }
  }

  /** The newest lines, oldest first; at most 1000 are kept. */
  view(name: string): readonly string[] {
    return this.lines.get(name) ?? [];
  }

  onShown(listener: (line: ShownLine) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
