/** The value of a frame's payload; no payload is the value undefined. */
export function parsePayload(text: string): { value: unknown } | { fault: string } {
  if (text === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: "/ is not JSON" };
  }
}

export function encodePayload(value: unknown): string {
  // For undefined there is no text, whatever the types of JSON.stringify say.
  return (JSON.stringify(value) as string | undefined) ?? "";
}
