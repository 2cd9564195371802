/**
 * The tables as SQLite and PostgreSQL both have them: JSON as text, truth as 0 or 1, moments as milliseconds since 1970.
 * Names that must be unique whatever their case are kept a second time in lower case (`name_key`).
 */
export interface ControllerSchema {
  counters: { name: string; value: number };
  users: { id: string; name: string; name_key: string; permissions: string; created_at_ms: number };
  tokens: {
    /** Hex SHA-256 of the secret, which itself is kept nowhere. */
    hash: string;
    kind: string;
    /** A user's or a host's id. */
    subject_id: string;
    name: string;
    /** The token that this session was signed in with; revoked together with it. */
    parent_hash: string | null;
    created_at_ms: number;
    expires_at_ms: number | null;
    last_used_at_ms: number | null;
    revoked_at_ms: number | null;
  };
  hosts: {
    id: string;
    name: string;
    name_key: string;
    /** HostReport; null until it registered once. */
    report: string | null;
    /** 1 while it is connected; what a killed controller leaves is put right at the next start. */
    connected: number;
    last_seen_at_ms: number;
    revision: number;
  };
  instances: {
    id: string;
    name_key: string;
    host_id: string;
    spec: string;
    /** The last that its host said. */
    status: string;
    revision: number;
  };
  tombstones: { collection: string; id: string; revision: number };
  streams: { stream: string; number: number; source: string; at_ms: number; payload: string };
  /** How far each life of a publisher has got; kept with the entries in one transaction, so that none comes twice. */
  stream_positions: { stream: string; source: string; epoch: string; position: number; at_ms: number };
  plugin_settings: { plugin: string; name: string; value: string };
  plugin_storage: { plugin: string; key: string; value: string };
  blobs: {
    sha256: string;
    size_bytes: number;
    created_at_ms: number;
    /** When it was uploaded, asked for or read last, to the minute. */
    used_at_ms: number;
  };
  audit: {
    number: number;
    at_ms: number;
    actor: string;
    /** The network address, or `local`. */
    origin: string;
    action: string;
    target: string;
    before: string | null;
    after: string | null;
    outcome: string;
  };
}
