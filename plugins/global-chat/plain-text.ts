/** `[item=iron-plate]`, `[gps=1,2,nauvis]`, `[color=red]`. */
const TAG = /\[([a-z][a-z0-9-]*)=([^\]]*)\]/gi;
const CLOSING_TAG = /\[\/(?:color|font)\]/gi;
/** Control characters, and those that turn the direction of writing round. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Text as another server may show it: one line, without rich-text tags, at most `maxLength` characters.
 * Tags are taken out until none is left, since taking one out can join the halves of another.
 */
export function plainText(text: string, maxLength: number): string {
  let plain = text.slice(0, maxLength * 8).replace(UNSAFE, " ");
  for (let before = ""; before !== plain;) {
    before = plain;
    plain = plain.replace(CLOSING_TAG, "").replace(TAG, describeTag);
  }
  plain = plain.trim();
  const characters = Array.from(plain);
  return characters.length <= maxLength ? plain : `${characters.slice(0, maxLength - 1).join("")}…`;
}

function describeTag(_tag: string, kind: string, value: string): string {
  switch (kind.toLowerCase()) {
    case "color":
    case "font":
      return "";
    // The surface of a place means nothing on another server.
    case "gps": {
      const [x = "?", y = "?"] = value.split(",");
      return `(${x}, ${y})`;
    }
    case "train":
    case "train-stop":
    case "special-item":
      return `(${kind.toLowerCase()})`;
    default:
      return value;
  }
}
