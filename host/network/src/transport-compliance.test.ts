import { describeTransport } from "./compliance.ts";
import { createMemoryWorld, createZeroMqWorld } from "./testing/worlds.ts";

describeTransport("memory", async (memberCount) => createMemoryWorld(memberCount));

let nextPort = 22_000;
describeTransport("ZeroMQ", (memberCount) => {
  const firstPort = nextPort;
  nextPort += memberCount * (memberCount + 1);
  return createZeroMqWorld(memberCount, firstPort);
});
