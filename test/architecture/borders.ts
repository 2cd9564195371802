/** What a part of the repository may import of the other parts, and of Node.js and npm. */
export interface Border {
  /** Workspace packages by their short names; `link/browser` allows that entry alone, `link/` the main one alone. */
  readonly may: readonly string[];
  /** Pure parts run in a browser too: no `node:` modules. */
  readonly pure?: boolean;
  /** When given, the only npm packages; otherwise any that the package.json lists. */
  readonly npm?: readonly string[];
}

/** docs/architecture.md in data. Keys are folders from the root; a longer key wins over a shorter one. */
export const BORDERS: Readonly<Record<string, Border>> = {
  "packages/protocol": { may: [], pure: true, npm: ["typebox", "ajv"] },
  "packages/link": { may: ["protocol"], pure: true, npm: [] },
  "packages/link/src/node": { may: ["protocol"], npm: ["ws"] },
  "packages/factorio": { may: [] },
  "packages/simulator": { may: [] },
  "packages/node-kit": { may: ["protocol"] },
  "packages/plugin-api": { may: ["protocol", "factorio"] },
  "packages/controller": { may: ["protocol", "link", "node-kit", "plugin-api"] },
  "packages/host": { may: ["protocol", "link", "factorio", "node-kit", "plugin-api"] },
  "packages/ctl": { may: ["protocol", "link", "factorio", "node-kit"] },
  "packages/switchyard": {
    may: ["protocol", "link", "factorio", "node-kit", "plugin-api", "controller", "host", "ctl", "simulator"],
  },
  "packages/test-kit": { may: ["protocol", "link", "node-kit", "factorio"] },
  plugins: { may: ["plugin-api", "protocol"], pure: true, npm: ["typebox"] },
  "web-ui": { may: ["protocol", "link/", "link/browser"], pure: true },
  "web-ui/vite.config.ts": { may: [] },
};

export const MAX_LINES = { ts: 400, tsx: 200, lua: 300, readme: 30 } as const;

export function borderOf(file: string): Border {
  const keys = Object.keys(BORDERS).filter((key) => file === key || file.startsWith(`${key}/`));
  const key = keys.sort((a, b) => b.length - a.length)[0];
  const border = key === undefined ? undefined : BORDERS[key];
  if (!border) throw new Error(`${file} belongs to no part; add it to test/architecture/borders.ts`);
  return border;
}
