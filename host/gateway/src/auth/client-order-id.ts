import { hash } from "node:crypto";
import { randomText } from "../keys/create-keys.ts";

const DOMAIN = "rialto/client-order/1";
/** Characters of an id that the gateway makes up. */
const GENERATED_LETTERS = 22;

/**
 * The engine's form of a client order id: the first 8 bytes of SHA-256 over a fixed text and the client's.
 *
 * Units    u64, never 0, which means none.
 */
export function clientOrderIdOf(text: string): bigint {
  const digest = hash("sha256", DOMAIN + text, "buffer");
  const id = digest.readBigUInt64BE(0);
  return id === 0n ? 1n : id;
}

/** An id for an order that came without one. */
export function generateClientOrderText(): string {
  return randomText(GENERATED_LETTERS);
}

/**
 * The id of a cancel that came without one: it follows from the command, so that the answer and the stream
 * say the same without anything being written down.
 *
 * Units    `command` is the low 32 bits of the command's number, as events carry it.
 */
export function cancelTextOf(command: number): string {
  return `cancel-${command.toString(36)}`;
}
