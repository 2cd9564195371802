/** Text for the program's log; the plugin's name and instance are added. */
export interface PluginLogger {
  error(text: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(text: string, fields?: Readonly<Record<string, unknown>>): void;
  info(text: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Small JSON values that survive restarts, apart for each plugin and, on hosts, each instance. */
export interface PluginStorage {
  get(key: string): Promise<unknown>;
  /** On disk when it resolves. Undefined removes the key. */
  set(key: string, value: unknown): Promise<void>;
}

/** The plugin's settings as they are now. */
export interface LiveSettings<Settings> {
  readonly current: Settings;
  /** Called after each change, until the side ends. */
  onChange(listener: (settings: Settings) => void): void;
}
