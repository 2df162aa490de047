import { Fault } from "@rialto/base";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import {
  encodeEntryFrame,
  encodeEntrySign,
  type EntryAnswer,
  EntryFlag,
  EntryKind,
  type EntryMessage,
  EntryOutcome,
  EntryReader,
  readEntryAnswer,
} from "./entry-codec.ts";
import { type EntryPort, EntryServer, refusalOf } from "./entry-server.ts";

// Real sockets of loopback. The exchange behind executes what begins with 1, or with 2 for a long answer, refuses what begins with
// 9 and keeps the rest.

const IN_FLIGHT_MAX = 8_192;
const CONNECTIONS_MAX = 256;
const BAD_FRAMES_MAX = 16;
const LINGER_MS = 1_000;
const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const each of cleanup.splice(0).reverse()) await each();
});

const EXECUTED: EntryAnswer = {
  outcome: EntryOutcome.Executed,
  commandCount: 1,
  commitIndex: 4,
  events: Uint8Array.of(9, 9),
};

const LONG: EntryAnswer = { ...EXECUTED, events: new Uint8Array(60 * 1024) };
/** All of them are asked for in one piece, so that none is left unread until the client has taken others. */
const LONG_ANSWERS = 256;
const LONG_FRAME = encodeEntryFrame(2, Uint8Array.of(2), EntryFlag.Events);

/** How long messages may take that are waited for. */
const WAIT_MS = 30_000;

interface TestServer {
  readonly port: number;
  readonly hostile: string[];
  readonly server: EntryServer;
  /** Long answers given. */
  readonly answered: () => number;
  /** Answers the frames that have had no answer yet. */
  readonly answerRest: () => void;
}

async function openServer(): Promise<TestServer> {
  const hostile: string[] = [];
  const rest: (() => void)[] = [];
  let answered = 0;
  const answerLong = (answer: (given: EntryAnswer) => void): void => {
    answered++;
    answer(LONG);
  };
  const exchange: EntryPort = {
    hello: () => ({ member: 1, memberMs: 5, chainId: new Uint8Array(32) }),
    submit(frame, answer, received) {
      if (frame[0] === 9) return answer(refusalOf(EntryOutcome.Unauthorised));
      received();
      if (frame[0] === 1) answer(EXECUTED);
      else if (frame[0] === 2) answerLong(answer);
      else rest.push(() => answer(EXECUTED));
    },
    status: () => ({ member: 1 }),
  };
  const onHostile = (reason: string): void => void hostile.push(reason);
  const server = new EntryServer({ port: exchange, host: "127.0.0.1", tcpPort: 0, onHostile });
  const port = await server.listen();
  cleanup.push(() => server.close());
  const answerRest = (): void => rest.splice(0).forEach((each) => each());
  return { port, hostile, server, answered: () => answered, answerRest };
}

class Client {
  readonly socket: Socket;
  readonly messages: EntryMessage[] = [];
  readonly #reader = new EntryReader();

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("error", () => undefined); // a server that lets it go resets the connection
    this.socket.on("data", (chunk: Buffer) => {
      const messages = this.#reader.push(chunk);
      if (!(messages instanceof Fault)) this.messages.push(...messages);
    });
    cleanup.push(() => void this.socket.destroy());
  }

  async until(count: number): Promise<void> {
    const endMs = performance.now() + WAIT_MS;
    while (this.messages.length < count) {
      if (performance.now() > endMs)
        throw new Error(`${this.messages.length} of ${count} messages`);
      await sleep(2);
    }
  }
}

test("however many send rubbish, what is told of them is bounded: whoever is told writes it down", async () => {
  const { port, hostile } = await openServer();
  const beganMs = performance.now();
  for (let count = 0; count < 100; count++) {
    const { socket } = new Client(port);
    socket.write(new Uint8Array(64).fill(0xff));
    await once(socket, "close");
  }
  const seconds = Math.ceil((performance.now() - beganMs) / 1_000);
  expect(hostile.length).toBeGreaterThan(0);
  expect(hostile.length).toBeLessThanOrEqual(10 * (seconds + 1));
});

test("a frame has a receipt and an answer, with its events where they are wanted", async () => {
  const { port, server } = await openServer();
  const client = new Client(port);
  client.socket.write(encodeEntryFrame(7, Uint8Array.of(1), EntryFlag.Receipt | EntryFlag.Events));
  client.socket.write(encodeEntryFrame(8, Uint8Array.of(1)));
  client.socket.write(encodeEntrySign(EntryKind.AskStatus, 9));
  await client.until(5);
  server.noteCertified(4);
  await client.until(6);
  const kinds = client.messages.map(({ kind, tag }) => [kind, tag]);
  expect(kinds).toEqual([
    [EntryKind.Hello, 0],
    [EntryKind.Receipt, 7],
    [EntryKind.Answer, 7],
    [EntryKind.Answer, 8],
    [EntryKind.Status, 9],
    [EntryKind.Certified, 0],
  ]);
  expect(readEntryAnswer(client.messages[2]!.body)).toEqual(EXECUTED);
  expect(readEntryAnswer(client.messages[3]!.body)!.events).toHaveLength(0);
});

test("more frames under way than a connection may have are refused, one by one", async () => {
  const { port } = await openServer();
  const client = new Client(port);
  const frames = Array.from({ length: IN_FLIGHT_MAX + 3 }, (_, tag) =>
    encodeEntryFrame(tag, Uint8Array.of(0)),
  );
  client.socket.write(Buffer.concat(frames));
  await client.until(4);
  const answers = client.messages.filter(({ kind }) => kind === EntryKind.Answer);
  expect(answers.map(({ tag }) => tag)).toEqual([8_192, 8_193, 8_194]);
  expect(answers.map(({ body }) => readEntryAnswer(body)!.outcome)).toEqual(
    answers.map(() => EntryOutcome.TooManyInFlight),
  );
});

test.each([
  ["garbage", Uint8Array.from({ length: 64 }, () => 255), "ENTRY_MESSAGE_TOO_LONG"],
  [
    "a message that only nodes send",
    encodeEntrySign(EntryKind.Receipt, 1),
    "ENTRY_MESSAGE_MALFORMED",
  ],
])("who sends %s is let go, and others are not", async (_, bytes, reason) => {
  const { port, hostile } = await openServer();
  const other = new Client(port);
  const client = new Client(port);
  await client.until(1);
  client.socket.write(bytes);
  await once(client.socket, "close");
  expect(hostile).toEqual([reason]);
  other.socket.write(encodeEntryFrame(1, Uint8Array.of(1)));
  await other.until(2);
});

test("an answer that comes after the end takes nothing with it that was written before", async () => {
  const { port, server, answered, answerRest } = await openServer();
  const client = new Client(port);
  await client.until(1);
  client.socket.pause();
  client.socket.write(encodeEntryFrame(1, Uint8Array.of(0)));
  client.socket.write(Buffer.concat(Array.from({ length: LONG_ANSWERS }, () => LONG_FRAME)));
  // More than the system takes for a client that does not read: the rest waits in the process.
  while (answered() < LONG_ANSWERS) await sleep(2);
  // However slowly it reads: nobody is let go of before it has read all.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const closed = server.close();
  answerRest();
  client.socket.write(LONG_FRAME);
  await sleep(5);
  client.socket.resume();
  await closed;
  await client.until(1 + LONG_ANSWERS);
  expect(client.messages).toHaveLength(1 + LONG_ANSWERS);
});

test("a client that does not take its last answers does not keep the server from ending", async () => {
  const { port, server, answered } = await openServer();
  const client = new Client(port);
  await client.until(1);
  client.socket.pause();
  client.socket.write(Buffer.concat(Array.from({ length: LONG_ANSWERS }, () => LONG_FRAME)));
  while (answered() < LONG_ANSWERS) await sleep(2);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const closed = server.close();
  vi.advanceTimersByTime(LINGER_MS);
  await closed;
  client.socket.resume();
  await once(client.socket, "close");
  expect(client.messages.length).toBeLessThan(LONG_ANSWERS);
});

test("connections on which nothing was taken give way to others, the oldest first", async () => {
  const { port, hostile } = await openServer();
  const used = new Client(port);
  used.socket.write(encodeEntryFrame(1, Uint8Array.of(1)));
  await used.until(2);
  const idle: Client[] = [];
  for (let count = 1; count < CONNECTIONS_MAX; count++) idle.push(new Client(port));
  await Promise.all(idle.map((each) => each.until(1)));
  const late = new Client(port);
  const gone = once(idle[0]!.socket, "close");
  await late.until(1);
  await gone;
  expect(hostile).toEqual([]);
  used.socket.write(encodeEntryFrame(2, Uint8Array.of(1)));
  late.socket.write(encodeEntryFrame(3, Uint8Array.of(1)));
  await Promise.all([used.until(3), late.until(2)]);
  expect(idle.filter(({ socket }) => socket.destroyed)).toHaveLength(1);
});

test("of connections that are used the idlest gives way, and none where all have frames under way", async () => {
  const { port, answerRest } = await openServer();
  const clients = Array.from({ length: CONNECTIONS_MAX }, () => new Client(port));
  await Promise.all(clients.map((each) => each.until(1)));
  for (const each of clients) each.socket.write(encodeEntryFrame(1, Uint8Array.of(1)));
  await Promise.all(clients.map((each) => each.until(2)));
  for (const each of clients)
    each.socket.write(encodeEntryFrame(2, Uint8Array.of(0), EntryFlag.Receipt));
  await Promise.all(clients.map((each) => each.until(3)));
  const refused = new Client(port);
  await once(refused.socket, "close");
  expect(refused.messages).toEqual([]);
  answerRest();
  await Promise.all(clients.map((each) => each.until(4)));
  // All but one are used once more.
  for (const each of clients.slice(1)) each.socket.write(encodeEntryFrame(3, Uint8Array.of(1)));
  await Promise.all(clients.slice(1).map((each) => each.until(5)));
  const gone = once(clients[0]!.socket, "close");
  await new Client(port).until(1);
  await gone;
  expect(clients.filter(({ socket }) => socket.destroyed)).toHaveLength(1);
});

test("who sends only frames that nobody may command is let go; who has sent others is not", async () => {
  const { port, hostile } = await openServer();
  const bad = Buffer.concat(
    Array.from({ length: BAD_FRAMES_MAX }, (_, tag) => encodeEntryFrame(tag, Uint8Array.of(9))),
  );
  const proven = new Client(port);
  proven.socket.write(encodeEntryFrame(99, Uint8Array.of(1)));
  proven.socket.write(bad);
  await proven.until(2 + BAD_FRAMES_MAX);
  expect(hostile).toEqual([]);
  const other = new Client(port);
  const gone = once(other.socket, "close");
  other.socket.write(bad);
  await gone;
  expect(hostile).toEqual(["ENTRY_UNAUTHORISED"]);
});
