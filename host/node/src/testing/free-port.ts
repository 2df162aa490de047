import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { randomInt } from "node:crypto";

/** A port of loopback on which nobody listens: the system has just given it out, and got it back. */
export async function findFreePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === undefined) throw new Error("the system has no free port");
  return port;
}

/**
 * A port of those that tests may keep for longer, since the system gives them to nobody by itself; with `offsets` one
 * from which on all of these are free.
 *
 * Effects  holds the UDP ports of these numbers as long as this process lives: until the caller's node listens, no other
 *          test, in this process or another, is given the same.
 */
export async function findTestPort(offsets: readonly number[] = [0]): Promise<number> {
  for (;;) {
    const base = randomInt(20_000, 29_900);
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
async function tryPort(wanted: number): Promise<number | undefined> {
  const server = createServer().listen(wanted, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
