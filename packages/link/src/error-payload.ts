import { AppError, type ErrorDetails } from "@switchyard/protocol";

/** The AppError in a payload of another program; undefined when it is none. */
export function parseErrorPayload(text: string): AppError | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { code, message, details } = value as Record<string, unknown>;
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return AppError.fromPayload({ code, message, details: plainDetails(details) });
}

function plainDetails(value: unknown): ErrorDetails {
  if (typeof value !== "object" || value === null) return {};
  const plain = Object.entries(value).filter(([, detail]) =>
    ["string", "number", "boolean"].includes(typeof detail),
  );
  return Object.fromEntries(plain) as ErrorDetails;
}
