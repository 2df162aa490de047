import { assert, equalBytes } from "@rialto/base";
import { LINK_KEY_BYTES, linkPublicKey } from "./link-keys.ts";
import { networkFault } from "./network-fault.ts";

/** A member as others reach it. */
export interface LinkMember {
  /** Such as tcp://127.0.0.1:5000. */
  readonly address: string;
  /** Its X25519 public key. */
  readonly publicKey: Uint8Array;
}

/** What a wire over sockets is made of. */
export interface LinkOptions {
  readonly self: number;
  readonly secretKey: Uint8Array;
  readonly members: readonly LinkMember[];
  /** Where to listen; default: this member's address in `members`. */
  readonly listenAddress?: string;
}

/** Errors: NETWORK_KEY_MISMATCH, NETWORK_KEY_REPEATED, thrown. Pure. */
export function checkLinkKeys({ self, secretKey, members }: LinkOptions): void {
  const own = members[self];
  assert(own !== undefined, "this node is one of the members");
  if (!equalBytes(linkPublicKey(secretKey), own.publicKey)) {
    throw networkFault({ code: "NETWORK_KEY_MISMATCH", member: self });
  }
  for (const [member, { publicKey }] of members.entries()) {
    assert(publicKey.length === LINK_KEY_BYTES, "a link key has 32 bytes");
    const other = members.findIndex((each) => equalBytes(each.publicKey, publicKey));
    if (other !== member) throw networkFault({ code: "NETWORK_KEY_REPEATED", member, other });
  }
}
