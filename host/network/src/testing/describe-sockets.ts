import { describeTransport } from "../compliance.ts";
import type { LinkOptions } from "../link-options.ts";
import { describeSocketWire } from "../socket-compliance.ts";
import type { Wire } from "../wire.ts";
import { createSocketWorld } from "./worlds.ts";

/** What a wire over sockets promises, and the transport on it. Takes 350 ports from `firstPort` on, and 120 from `wirePort` on. */
export function describeSockets(
  name: string,
  createWire: (options: LinkOptions) => Wire,
  firstPort: number,
  wirePort: number,
): void {
  let nextPort = firstPort;
  describeTransport(name, (memberCount) => {
    const port = nextPort;
    nextPort += memberCount * (memberCount + 1);
    return createSocketWorld(createWire, memberCount, port);
  });
  describeSocketWire(name, createWire, wirePort);
}
