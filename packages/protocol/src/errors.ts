interface ErrorEntry {
  /** One sentence for people; `{name}` is filled from the details. Says what to do where there is something to do. */
  readonly text: string;
  readonly status: number;
  readonly exit: number;
}

/**
 * Every expected refusal, with its HTTP status and the exit code that command line programs end with.
 * Exit codes: 2 usage or bad input, 3 not found, 4 not allowed or not signed in, 5 conflict with the present state,
 * 6 cannot reach, 7 took too long, 8 local machine (port, disk, permission), 10 a fault in Switchyard.
 */
export const ERRORS = {
  "bad-request": { text: "The request is not valid: {reason}", status: 400, exit: 2 },
  usage: { text: "{reason}", status: 400, exit: 2 },
  "no-context": {
    text: "No cluster is chosen; start one with: switchyard up, or add one with: switchyardctl context add NAME --url URL --token-file FILE",
    status: 400,
    exit: 2,
  },
  "unknown-message": {
    text: "This peer does not know the message {name}; do both sides run the same version?",
    status: 400,
    exit: 2,
  },
  "malformed-frame": { text: "The peer sent something that is not a frame: {reason}", status: 400, exit: 2 },
  "frame-too-large": { text: "The frame has {bytes} bytes; the limit is {limit}", status: 413, exit: 2 },
  "payload-too-large": { text: "The upload has more than {limit} bytes", status: 413, exit: 2 },
  "uploads-full": {
    text: "The controller keeps no more than {limit} bytes of uploads, and those it has are in use; try again later or raise its maxBlobsBytes",
    status: 507,
    exit: 8,
  },
  "version-mismatch": {
    text: "The peer speaks link protocol {theirs}, this side speaks {ours}; update the older one",
    status: 426,
    exit: 6,
  },

  "not-signed-in": {
    text: "You are not signed in; use a sign-in link or an API token",
    status: 401,
    exit: 4,
  },
  "token-unknown": { text: "The token is not known or was revoked; make a new one", status: 401, exit: 4 },
  "token-expired": { text: "The token expired; make a new one", status: 401, exit: 4 },
  "sign-in-link-used": {
    text: "This sign-in link was used already or has expired; make a new one with: switchyardctl user create-sign-in-link",
    status: 401,
    exit: 4,
  },
  "too-many-attempts": {
    text: "Too many failed sign-ins from {address}; wait {seconds} seconds",
    status: 429,
    exit: 4,
  },
  "permission-denied": {
    text: "You are not allowed to do this; it needs the permission {permission}",
    status: 403,
    exit: 4,
  },
  "origin-refused": { text: "Requests from the origin {origin} are not accepted", status: 403, exit: 4 },
  "source-refused": { text: "{peer} may not speak for {source}", status: 403, exit: 4 },

  "not-found": { text: "There is no {what} {id}", status: 404, exit: 3 },
  "host-not-found": {
    text: "There is no host {host}; list them with: switchyardctl host list",
    status: 404,
    exit: 3,
  },
  "instance-not-found": {
    text: "There is no instance {instance}; list them with: switchyardctl instance list",
    status: 404,
    exit: 3,
  },
  "save-in-use": {
    text: "The save {save} is in use by the instance {instance}, which is {state}; stop it first with: switchyardctl instance stop {instance}",
    status: 409,
    exit: 5,
  },
  "save-not-found": { text: "There is no save {save}", status: 404, exit: 3 },
  "plugin-not-found": { text: "There is no plugin {plugin} in this cluster", status: 404, exit: 3 },
  "name-ambiguous": { text: "{name} fits more than one {what}: {ids}; give the id", status: 409, exit: 2 },

  "name-taken": {
    text: "The name {name} is taken by another {what}; choose another name",
    status: 409,
    exit: 5,
  },
  "instance-unassigned": { text: "The instance {instance} is not assigned to a host", status: 409, exit: 5 },
  "instance-not-running": {
    text: "The instance {instance} is {state}, not running; start it with: switchyardctl instance start {instance}",
    status: 409,
    exit: 5,
  },
  "instance-not-stopped": {
    text: "The instance {instance} is {state}; stop it first with: switchyardctl instance stop {instance}",
    status: 409,
    exit: 5,
  },
  "instance-start-failed": { text: "The instance {instance} did not start: {reason}", status: 502, exit: 5 },
  "no-host-available": { text: "No host is connected; start one, then try again", status: 409, exit: 5 },
  "save-refused": { text: "The save cannot be used: {reason}", status: 422, exit: 2 },
  "config-invalid": { text: "The setting {field} is not valid: {reason}", status: 422, exit: 2 },
  "factorio-not-found": {
    text: "No Factorio server was found in {directory}: {reason}",
    status: 422,
    exit: 8,
  },

  "controller-unreachable": {
    text: "The controller at {url} cannot be reached: {reason}",
    status: 503,
    exit: 6,
  },
  "host-offline": { text: "The host {host} is not connected", status: 503, exit: 6 },
  "peer-gone": { text: "{peer} is not connected", status: 503, exit: 6 },
  "session-lost": {
    text: "The connection was lost before the answer came; whether it was done is not known",
    status: 503,
    exit: 6,
  },
  "session-replaced": {
    text: "Another connection of {peer} took the place of this one; is the same token used twice?",
    status: 409,
    exit: 5,
  },
  "peer-too-slow": {
    text: "{peer} takes messages too slowly; {bytes} bytes are waiting",
    status: 503,
    exit: 6,
  },
  "queue-full": {
    text: "Too much is waiting for {what} already ({count}); try again later",
    status: 503,
    exit: 6,
  },
  "rcon-lost": {
    text: "The RCON connection of {instance} was lost; whether the command ran is not known",
    status: 502,
    exit: 6,
  },
  "rcon-refused": { text: "The server of {instance} refused the command: {reason}", status: 422, exit: 2 },
  "deadline-exceeded": { text: "No answer came within {timeoutMs} ms", status: 504, exit: 7 },
  cancelled: { text: "It was cancelled", status: 499, exit: 7 },
  "shutting-down": { text: "{what} is shutting down", status: 503, exit: 6 },

  "port-taken": {
    text: "Port {port} is in use by another program; stop it or choose another with --port",
    status: 500,
    exit: 8,
  },
  "port-refused": {
    text: "This user may not open port {port}; use a port above 1023 with --port",
    status: 500,
    exit: 8,
  },
  "already-running": {
    text: "The cluster in {directory} is already running (process {pid}); stop that one first or use another --data-dir",
    status: 500,
    exit: 8,
  },
  "no-permission": {
    text: "No permission to write {path}; change its owner or choose another --data-dir",
    status: 500,
    exit: 8,
  },
  "disk-full": {
    text: "The disk that holds {path} is full; free some space, nothing was changed",
    status: 507,
    exit: 8,
  },
  "node-too-old": {
    text: "Node.js {version} is too old; Switchyard needs {needed} or newer",
    status: 500,
    exit: 8,
  },
  "store-corrupt": {
    text: "The store {path} is damaged: {reason}; restore it from a backup",
    status: 500,
    exit: 8,
  },
  "store-too-new": {
    text: "The store {path} was written by a newer Switchyard; update this one",
    status: 500,
    exit: 8,
  },
  internal: { text: "Something went wrong inside Switchyard: {reason}", status: 500, exit: 10 },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** How an AppError travels: the receiver makes an equal AppError of it. */
export interface ErrorPayload {
  code: ErrorCode;
  message: string;
  details: ErrorDetails;
}

/** An expected refusal. Its text comes from the table; the details fill it and help programs. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    options: { cause?: unknown } = {},
  ) {
    super(fillText(ERRORS[code].text, details), options);
    this.name = "AppError";
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  toPayload(): ErrorPayload {
    return { code: this.code, message: this.message, details: this.details };
  }

  /** A code of a newer peer that this side does not know becomes `internal` with the peer's text. */
  static fromPayload(payload: {
    code: string;
    message: string;
    details?: ErrorDetails | undefined;
  }): AppError {
    if (Object.hasOwn(ERRORS, payload.code))
      return new AppError(payload.code as ErrorCode, payload.details ?? {});
    return new AppError("internal", { reason: payload.message });
  }

  /** Any thrown value as an AppError; what is not one already becomes `internal` with the original as cause. */
  static from(error: unknown): AppError {
    if (error instanceof AppError) return error;
    return new AppError(
      "internal",
      { reason: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
}

function fillText(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? "?"));
}
