import { AppError, PERMISSIONS, type Permission } from "@switchyard/protocol";
import { createId } from "@switchyard/node-kit";
import type { ControllerStore } from "../store/controller-store.js";
import { audit, type Actor } from "./audit.js";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly permissions: ReadonlySet<string>;
}

/**
 * The users, kept in memory as they are in the store. Permissions are always asked here, never copied into a session,
 * so that what is taken away is gone at once.
 */
export class Users {
  private readonly byId = new Map<string, User>();
  private readonly byName = new Map<string, User>();

  constructor(private readonly store: ControllerStore) {}

  async load(): Promise<void> {
    for (const row of await this.store.db.selectFrom("users").selectAll().execute()) {
      this.keep({
        id: row.id,
        name: row.name,
        permissions: new Set(JSON.parse(row.permissions) as string[]),
      });
    }
  }

  get(id: string): User | undefined {
    return this.byId.get(id);
  }

  /** Names are the same whatever their case. Throws `not-found`. */
  named(name: string): User {
    const user = this.byName.get(nameKey(name));
    if (!user) throw new AppError("not-found", { what: "user", id: name });
    return user;
  }

  has(name: string): boolean {
    return this.byName.has(nameKey(name));
  }

  /** Throws `name-taken`. */
  async create(name: string, permissions: readonly Permission[], actor: Actor): Promise<User> {
    const user: User = { id: createId(), name, permissions: new Set(permissions) };
    await this.store.write(
      async (write) => {
        if (this.has(name)) throw new AppError("name-taken", { name, what: "user" });
        await write
          .insertInto("users")
          .values({
            id: user.id,
            name,
            name_key: nameKey(name),
            permissions: JSON.stringify([...permissions]),
            created_at_ms: Date.now(),
          })
          .execute();
        await audit(write, actor, {
          action: "user.create",
          target: `user/${name}`,
          after: { permissions },
          outcome: "done",
        });
      },
      () => this.keep(user),
    );
    return user;
  }

  /** Reaches sessions that are open already. */
  async setPermissions(name: string, permissions: readonly Permission[], actor: Actor): Promise<void> {
    const user = this.named(name);
    const changed: User = { ...user, permissions: new Set(permissions) };
    await this.store.write(
      async (write) => {
        await write
          .updateTable("users")
          .set({ permissions: JSON.stringify([...permissions]) })
          .where("id", "=", user.id)
          .execute();
        await audit(write, actor, {
          action: "user.set-permissions",
          target: `user/${user.name}`,
          before: { permissions: [...user.permissions] },
          after: { permissions },
          outcome: "done",
        });
      },
      () => this.keep(changed),
    );
  }

  private keep(user: User): void {
    this.byId.set(user.id, user);
    this.byName.set(nameKey(user.name), user);
  }
}

/** Two names are the same when these are. */
export function nameKey(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

export function holdsPermission(user: User, permission: Permission | null): boolean {
  return permission === null || user.permissions.has("admin") || user.permissions.has(permission);
}

/** Throws `permission-denied`. */
export function requirePermission(user: User | undefined, permission: Permission | null): void {
  if (user && holdsPermission(user, permission)) return;
  throw new AppError("permission-denied", { permission: permission ?? "to be signed in" });
}

/**
 * Whoever makes a secret for another user can act as that user, so they must hold all that the other holds.
 * Throws `permission-denied`.
 */
export function requireCover(asker: User, target: User): void {
  if (asker.id === target.id) return;
  for (const permission of target.permissions) requirePermission(asker, permission as Permission);
}

/** For showing: what `admin` stands for is written out. */
export function listPermissions(user: User): string[] {
  return user.permissions.has("admin") ? Object.keys(PERMISSIONS) : [...user.permissions];
}
