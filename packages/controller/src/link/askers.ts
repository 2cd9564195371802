import { AppError } from "@switchyard/protocol";
import type { HandlerContext, Session } from "@switchyard/link";
import type { Actor } from "../state/audit.js";
import type { User, Users } from "../state/users.js";
import type { Peers } from "./peers.js";

/** Says who is behind a message, as the users are now. */
export class Askers {
  constructor(
    private readonly peers: Peers,
    private readonly users: Users,
  ) {}

  /** Undefined for hosts, and for a user who is gone. */
  userOf(session: Session): User | undefined {
    const userId = this.peers.noteOf(session.peer)?.userId;
    return userId === undefined ? undefined : this.users.get(userId);
  }

  /** Throws `not-signed-in`. */
  user(context: Pick<HandlerContext, "source">): User {
    const session = this.peers.get(context.source);
    const user = session && this.userOf(session);
    if (!user) throw new AppError("not-signed-in");
    return user;
  }

  actor(context: Pick<HandlerContext, "source">): Actor {
    const session = this.peers.get(context.source);
    return session ? this.actorBehind(session) : { name: context.source, origin: "" };
  }

  actorBehind(session: Session): Actor {
    const user = this.userOf(session);
    return {
      name: user ? `user/${user.name}` : session.peer.address,
      origin: this.peers.noteOf(session.peer)?.origin ?? "",
    };
  }
}
