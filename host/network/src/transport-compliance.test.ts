import { describeTransport } from "./compliance.ts";
import { describeSockets } from "./testing/describe-sockets.ts";
import { createMemoryWorld } from "./testing/worlds.ts";
import { createTlsWire } from "./tls-wire.ts";

describeTransport("memory", async (memberCount) => createMemoryWorld(memberCount));
describeSockets("TLS", createTlsWire, 22_000, 22_700);
