/**
 * The same text in memory of its own: V8's slices keep the whole string alive that they were cut from. A half of a surrogate
 * pair, which a cut may leave, becomes U+FFFD.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
