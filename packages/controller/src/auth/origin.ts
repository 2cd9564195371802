import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { AppError } from "@switchyard/protocol";

export interface OriginOptions {
  /** Proxies in front of the controller, as addresses or CIDR ranges; only their X-Forwarded-* headers count. */
  trustedProxies: readonly string[];
  publicUrl: string | undefined;
}

/** Tells where a request comes from, also through trusted proxies, and whether a browser sent it for another site. */
export class RequestOrigin {
  private readonly proxies = new BlockList();
  private readonly publicOrigin: string | undefined;

  /** Throws `config-invalid` for what is neither an address nor a range. */
  constructor(options: OriginOptions) {
    this.publicOrigin = options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin;
    for (const proxy of options.trustedProxies) this.addProxy(proxy);
  }

  /** The address of the peer, or of the client that the nearest trusted proxies name. */
  addressOf(request: IncomingMessage): string {
    let address = plainAddress(request.socket.remoteAddress ?? "");
    const named = headerText(request, "x-forwarded-for").split(",").reverse();
    for (const next of named) {
      const candidate = plainAddress(next.trim());
      if (!this.isProxy(address) || isIP(candidate) === 0) break;
      address = candidate;
    }
    return address;
  }

  isSecure(request: IncomingMessage): boolean {
    if (this.publicOrigin?.startsWith("https:")) return true;
    return (
      this.isProxy(plainAddress(request.socket.remoteAddress ?? "")) &&
      headerText(request, "x-forwarded-proto") === "https"
    );
  }

  /**
   * For requests that a browser may send with our cookie on its own. Programs that send no Origin are let through:
   * they have no cookies but their own. Throws `origin-refused`.
   */
  requireOwn(request: IncomingMessage, options: { originNeeded: boolean }): void {
    const origin = request.headers.origin;
    if (origin === undefined) {
      const site = headerText(request, "sec-fetch-site");
      if (!options.originNeeded && (site === "" || site === "same-origin")) return;
      throw new AppError("origin-refused", { origin: "(none)" });
    }
    if (origin === this.publicOrigin || origin === `http://${request.headers.host ?? ""}`) return;
    if (origin === `https://${request.headers.host ?? ""}` && this.isSecure(request)) return;
    throw new AppError("origin-refused", { origin: origin.slice(0, 200) });
  }

  private addProxy(text: string): void {
    const [address = "", length] = text.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    try {
      if (length === undefined) this.proxies.addAddress(address, family);
      else this.proxies.addSubnet(address, Number(length), family);
    } catch (error) {
      throw new AppError(
        "config-invalid",
        { field: "trustedProxies", reason: `${text} is neither an address nor a range like 10.0.0.0/8` },
        { cause: error },
      );
    }
  }

  private isProxy(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.proxies.check(address, version === 6 ? "ipv6" : "ipv4");
  }
}

/** IPv4 addresses that a dual-stack socket writes as IPv6 are written as IPv4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}

function headerText(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}
