const ITEMS: readonly (readonly [name: string, stackSize: number])[] = [
  ["iron-plate", 100],
  ["copper-plate", 100],
  ["steel-plate", 100],
  ["iron-gear-wheel", 100],
  ["electronic-circuit", 200],
  ["advanced-circuit", 200],
  ["processing-unit", 100],
  ["transport-belt", 100],
  ["fast-transport-belt", 100],
  ["underground-belt", 50],
  ["splitter", 50],
  ["inserter", 50],
  ["long-handed-inserter", 50],
  ["fast-inserter", 50],
  ["bulk-inserter", 50],
  ["assembling-machine-2", 50],
  ["assembling-machine-3", 50],
  ["electric-mining-drill", 50],
  ["medium-electric-pole", 50],
  ["big-electric-pole", 50],
  ["substation", 50],
  ["pipe", 100],
  ["pipe-to-ground", 50],
  ["stone-wall", 100],
  ["landfill", 100],
  ["rail", 100],
  ["rail-signal", 50],
  ["locomotive", 5],
  ["cargo-wagon", 5],
  ["solar-panel", 50],
  ["accumulator", 50],
  ["construction-robot", 50],
  ["logistic-robot", 50],
  ["piercing-rounds-magazine", 200],
  ["uranium-rounds-magazine", 200],
  ["repair-pack", 100],
];

/**
 * Players' inventories as JSON, from a fixed seed: items in no order and every count random, which compresses worse than what a
 * game sorts into full stacks.
 */
export function makeInventories(bytes: number): string {
  let seed = 12345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const players: unknown[] = [];
  let size = 0;
  while (size < bytes) {
    const main = Array.from({ length: 80 }, () => {
      const [name, stackSize] = ITEMS[random(ITEMS.length)] ?? ["coal", 50];
      const stack: Record<string, unknown> = { name, count: 1 + random(stackSize) };
      if (random(10) === 0) stack["health"] = random(1000) / 1000;
      if (random(10) === 0) stack["quality"] = "uncommon";
      return stack;
    });
    const player = { name: `player-${players.length}`, generation: random(1000), inventories: { main } };
    players.push(player);
    size += JSON.stringify(player).length + 1;
  }
  return JSON.stringify(players);
}
