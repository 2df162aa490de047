import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { randomInt } from "node:crypto";

/** Those below are of the tests of host/network, which name theirs; those above the system gives out by itself. */
const PORT_MIN = 24_000;
const PORT_END = 29_900;

/**
 * A port of loopback on which nobody listens, of those that tests may keep for longer; with `offsets` one from which on all of
 * these are free.
 *
 * Effects  holds the UDP ports of these numbers as long as this process lives: until the caller's node listens, no other
 *          test, in this process or another, is given the same.
 */
export async function findTestPort(offsets: readonly number[] = [0]): Promise<number> {
  for (;;) {
    const base = randomInt(PORT_MIN, PORT_END);
    const ports = offsets.map((offset) => base + offset);
    const claims = await Promise.all(ports.map(claimPort));
    const free = await Promise.all(ports.map(tryPort));
    if ([...claims, ...free].every((each) => each !== undefined)) return base;
    for (const claim of claims) claim?.close();
  }
}

/** Undefined where another test has claimed it. */
async function claimPort(port: number): Promise<Socket | undefined> {
  const socket = createSocket("udp4");
  socket.bind({ port, address: "127.0.0.1", exclusive: true });
  try {
    await once(socket, "listening");
  } catch (error) {
    socket.close();
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  return socket.unref();
}

/** Listens for a moment. Undefined where the port is in use. */
async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  server.close();
  await once(server, "close");
  return port;
}
