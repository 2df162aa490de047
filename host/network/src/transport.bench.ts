/*
 * How fast a transport over sockets is on loopback, between two processes. Prints one JSON document.
 * Usage: node transport.bench.ts [--wire tls|zeromq] [--rounds 5] [--port 23500] [--smoke]
 *
 * Everything is on: encryption, packets, windows, counts. The receiver checks number, length and ends of every message and
 * answers with a checksum over all of them, which the sender computes as well; a difference ends the program. Rounds of
 * all scenarios are interleaved.
 */
import { fork } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { assert } from "@rialto/base";
import { linkPublicKey } from "./link-keys.ts";
import { openTransport } from "./link-transport.ts";
import type { MessageHandler, Transport } from "./transport.ts";
import { createTlsWire } from "./tls-wire.ts";
import { createZeroMqWire } from "./zeromq-wire.ts";

interface Scenario {
  readonly name: string;
  readonly messageBytes: number;
  readonly messageCount: number;
  /** Messages handed over in one turn of the event loop. */
  readonly burst: number;
}

interface Round {
  readonly messagesPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly packetsSent: number;
  /** CPU time of the sending process per message, all its threads included. */
  readonly senderCpuUsPerMessage: number;
}

/** What the receiver is told, and answers. */
type Order = { readonly expect: Scenario } | { readonly echo: true };
type Answer = { readonly ready: true } | { readonly checksum: number };

const { values: options } = parseArgs({
  options: {
    wire: { type: "string", default: "tls" },
    rounds: { type: "string", default: "5" },
    port: { type: "string", default: "23500" },
    smoke: { type: "boolean", default: false },
    receiver: { type: "boolean", default: false },
  },
});
const port = Number(options.port);
const createWire = options.wire === "zeromq" ? createZeroMqWire : createTlsWire;
const secretKeys = [1, 2].map((fill) => new Uint8Array(32).fill(fill));

if (options.receiver) await receive();
else await measure(options.smoke ? 1 : Number(options.rounds), options.smoke ? 100 : 1);

function open(self: number, onMessage: MessageHandler): Promise<Transport> {
  const members = secretKeys.map((secretKey, member) => ({
    address: `tcp://127.0.0.1:${port + member}`,
    publicKey: linkPublicKey(secretKey),
  }));
  const wire = createWire({ self, secretKey: secretKeys[self]!, members });
  return openTransport(wire, { onMessage });
}

async function receive(): Promise<void> {
  const answer = (message: Answer): void => void process.send!(message);
  let scenario: Scenario | undefined;
  let next = 0;
  let checksum = 0;
  const transport = await open(1, (_, message) => {
    if (scenario === undefined) {
      transport.send(0, message);
      return;
    }
    check(message, next, scenario.messageBytes);
    checksum = mix(checksum, next, message.length);
    if (++next < scenario.messageCount) return;
    answer({ checksum });
  });
  process.on("message", (order: Order) => {
    scenario = "expect" in order ? order.expect : undefined;
    next = 0;
    checksum = 0;
    answer({ ready: true });
  });
  process.on("disconnect", () => void transport.close());
  answer({ ready: true });
}

async function measure(roundCount: number, divisor: number): Promise<void> {
  const receiver = fork(
    import.meta.filename,
    ["--receiver", "--wire", options.wire, "--port", options.port],
    {
      stdio: "inherit",
    },
  );
  const nextAnswer = (): Promise<Answer> =>
    new Promise((resolve) => {
      receiver.once("message", (message) => resolve(message as Answer));
    });
  await nextAnswer();
  let echoed: (() => void) | undefined;
  await using transport = await open(0, () => echoed?.());
  while (!transport.peers()[0]!.isReachable || !transport.peers()[0]!.isHeard) await turn();
  const scenarios = makeScenarios(divisor);
  const rounds = scenarios.map((): Round[] => []);
  const tell = async (order: Order): Promise<void> => {
    const ready = nextAnswer();
    receiver.send(order);
    assert("ready" in (await ready), "the receiver is ready");
  };
  for (let round = 0; round < roundCount; round++) {
    for (const [index, scenario] of scenarios.entries()) {
      await tell({ expect: scenario });
      rounds[index]!.push(await runRound(transport, scenario, nextAnswer()));
    }
  }
  await tell({ echo: true });
  const roundTrip = await measureRoundTrip(Math.ceil(20_000 / divisor), (done) => {
    echoed = done;
    assert(transport.send(1, stamped(0, 100)) === "queued", "the link is idle");
  });
  const report = {
    wire: options.wire,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    rounds: roundCount,
    throughput: scenarios.map((scenario, index) => summarize(scenario, rounds[index]!)),
    roundTrip,
  };
  console.log(JSON.stringify(report, null, 1).replace(/\n {3,}/g, " "));
  receiver.disconnect();
}

function makeScenarios(divisor: number): Scenario[] {
  const scenario = (
    name: string,
    messageBytes: number,
    messageCount: number,
    burst: number,
  ): Scenario => ({ name, messageBytes, messageCount: Math.ceil(messageCount / divisor), burst });
  return [
    scenario("100 B, batched", 100, 2_000_000, 500),
    scenario("100 B, one a turn", 100, 100_000, 1),
    scenario("1 KiB", 1_024, 500_000, 100),
    scenario("64 KiB", 65_536, 20_000, 4),
  ];
}

async function runRound(
  transport: Transport,
  { messageBytes, messageCount, burst }: Scenario,
  answered: Promise<Answer>,
): Promise<Round> {
  let checksum = 0;
  const packetsBefore = transport.peers()[0]!.counters.sentPackets;
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  for (let number = 0; number < messageCount; number++) {
    const message = stamped(number, messageBytes);
    while (transport.send(1, message) !== "queued") await turn();
    checksum = mix(checksum, number, messageBytes);
    if (number % burst === burst - 1) await turn();
  }
  const answer = await answered;
  const seconds = (performance.now() - beganMs) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  assert("checksum" in answer && answer.checksum === checksum, "what arrives is what was sent");
  return {
    messagesPerSecond: Math.round(messageCount / seconds),
    megabytesPerSecond: Math.round((messageCount * messageBytes) / seconds / 1e5) / 10,
    packetsSent: transport.peers()[0]!.counters.sentPackets - packetsBefore,
    senderCpuUsPerMessage: Math.round((100 * (cpu.user + cpu.system)) / messageCount) / 100,
  };
}

async function measureRoundTrip(
  count: number,
  sendOne: (done: () => void) => void,
): Promise<unknown> {
  const latenciesUs = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const beganMs = performance.now();
    await new Promise<void>((resolve) => sendOne(resolve));
    latenciesUs[index] = (performance.now() - beganMs) * 1_000;
  }
  latenciesUs.sort();
  const at = (part: number): number => Math.round(latenciesUs[Math.floor((count - 1) * part)]!);
  return { count, messageBytes: 100, usP50: at(0.5), usP99: at(0.99), usMax: at(1) };
}

/** A message that says which it is, at both ends. */
function stamped(number: number, bytes: number): Uint8Array {
  const message = new Uint8Array(bytes);
  new DataView(message.buffer).setUint32(0, number, true);
  message[bytes - 1] = number & 255;
  return message;
}

function check(message: Uint8Array, number: number, bytes: number): void {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const isRight =
    message.length === bytes &&
    view.getUint32(0, true) === number &&
    message[bytes - 1] === (number & 255);
  assert(isRight, "messages arrive whole and in order");
}

/** The checksum with one message more: numbers and lengths, in their order. */
function mix(checksum: number, number: number, bytes: number): number {
  return Math.imul(checksum ^ number, 0x0100_0193) ^ Math.imul(bytes + 1, 0x9e37_79b1);
}

function summarize(scenario: Scenario, rounds: readonly Round[]): unknown {
  const metrics = [
    "messagesPerSecond",
    "megabytesPerSecond",
    "packetsSent",
    "senderCpuUsPerMessage",
  ] as const;
  const summary = metrics.map((metric) => {
    const values = rounds.map((round) => round[metric]).sort((left, right) => left - right);
    const spread = [values[0], values.at(-1)];
    return [metric, { median: values[Math.floor(values.length / 2)], spread }] as const;
  });
  return { ...scenario, ...Object.fromEntries(summary) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
