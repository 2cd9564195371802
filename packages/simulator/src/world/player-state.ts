export interface Position {
  x: number;
  y: number;
}

export interface Color {
  r: number;
  g: number;
  b: number;
  a: number;
}

/** A player of the map; times are ticks. */
export interface PlayerState {
  /** Lua's index, from 1. */
  index: number;
  name: string;
  connected: boolean;
  force: string;
  surface: string;
  position: Position;
  color: Color;
  chatColor: Color;
  tag: string;
  onlineTime: number;
  lastOnline: number;
  lastActive: number;
}
