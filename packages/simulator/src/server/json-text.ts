/** A fault in a JSON file in the game's words (facts-2 §1.7), without the position. */
export class JsonFault extends Error {
  constructor(
    readonly what: string,
    readonly line: number,
  ) {
    super(what);
  }
}

/** JSON as the game reads it, with its complaints: `Unexpected character (x)`, `Invalid comma before '}'`, ... */
export function parseJsonText(text: string): unknown {
  const reader = new JsonReader(text);
  const value = reader.value();
  reader.end();
  return value;
}

class JsonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(): unknown {
    this.space();
    const character = this.text[this.at];
    if (character === undefined) throw this.fault("Unexpected end of file");
    if (character === "{") return this.object();
    if (character === "[") return this.array();
    if (character === '"') return this.string();
    const word = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(
      this.text.slice(this.at, this.at + 64),
    )?.[0];
    if (word === undefined) throw this.unexpected();
    this.at += word.length;
    return JSON.parse(word) as unknown;
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.unexpected();
  }

  private object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.at++;
    if (this.take("}")) return result;
    for (;;) {
      this.space();
      if (this.at >= this.text.length) throw this.fault("Unexpected end of file");
      if (this.text[this.at] !== '"') throw this.unexpected();
      const key = this.string();
      if (!this.take(":")) throw this.unexpected();
      Object.defineProperty(result, key, {
        value: this.value(),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      if (this.take("}")) return result;
      if (!this.take(",")) throw this.unexpected();
      if (this.take("}")) throw this.fault("Invalid comma before '}'");
    }
  }

  private array(): unknown[] {
    const result: unknown[] = [];
    this.at++;
    if (this.take("]")) return result;
    for (;;) {
      result.push(this.value());
      if (this.take("]")) return result;
      if (!this.take(",")) throw this.unexpected();
      if (this.take("]")) throw this.fault("Invalid comma before ']'");
    }
  }

  private string(): string {
    const match = /"(?:[^"\\\n]|\\.)*"/sy;
    match.lastIndex = this.at;
    const token = match.exec(this.text)?.[0];
    if (token === undefined) throw this.fault("Unterminated string");
    this.at += token.length;
    try {
      return JSON.parse(token) as string;
    } catch {
      throw this.fault("Invalid string escape");
    }
  }

  private take(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at++;
  }

  private unexpected(): JsonFault {
    const character = this.text[this.at];
    return this.fault(
      character === undefined ? "Unexpected end of file" : `Unexpected character (${character})`,
    );
  }

  private fault(what: string): JsonFault {
    return new JsonFault(what, this.text.slice(0, this.at).split("\n").length);
  }
}
