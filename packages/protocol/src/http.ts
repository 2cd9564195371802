/** Paths of the controller's HTTP interface, shared by those who serve and those who ask. */
export const HTTP_PATHS = {
  /** WebSocket upgrade. `Authorization: Bearer <token>`, or the session cookie from the panel's own origin. */
  link: "/api/v1/link",
  /** POST { token } of a sign-in link or an API token: sets the session cookie. DELETE: signs out. GET: who is signed in. */
  session: "/api/v1/session",
  /** PUT octet stream: answers a BlobReference. GET /<sha256>: the bytes; with ?name=x.zip as a file for browsers. */
  blobs: "/api/v1/blobs",
  /** GET, no sign-in: 200 when the process serves. */
  health: "/healthz",
  /** The page of the panel that a sign-in link points to; the token is in the fragment, so that no server logs it. */
  signInPage: "/sign-in",
} as const;

/** Raised when link frames change in a way that older peers do not understand. */
export const LINK_PROTOCOL_VERSION = 1;
