import { describeTransport } from "./compliance.ts";
import type { LinkOptions } from "./link-options.ts";
import { describeSocketWire } from "./socket-compliance.ts";
import { createMemoryWorld, createSocketWorld } from "./testing/worlds.ts";
import { createTlsWire } from "./tls-wire.ts";
import type { Wire } from "./wire.ts";
import { createZeroMqWire } from "./zeromq-wire.ts";

describeTransport("memory", async (memberCount) => createMemoryWorld(memberCount));

let nextPort = 22_000;
function describeSockets(name: string, createWire: (options: LinkOptions) => Wire): void {
  describeTransport(name, (memberCount) => {
    const firstPort = nextPort;
    nextPort += memberCount * (memberCount + 1);
    return createSocketWorld(createWire, memberCount, firstPort);
  });
}

describeSockets("TLS", createTlsWire);
describeSocketWire("TLS", createTlsWire, 22_700);
describeSockets("ZeroMQ", createZeroMqWire);
describeSocketWire("ZeroMQ", createZeroMqWire, 22_850);
