import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { type WebSocket as ServerSocket, WebSocketServer } from "ws";
import { NetworkError } from "./client-error.ts";
import { hmacCredentials } from "./credentials.ts";
import { openMarketStreams, openWsApi, type StreamMessage } from "./sockets.ts";

const servers: WebSocketServer[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

/** A server on a free port that does with each connection what `onConnection` says. */
async function serve(
  onConnection: (socket: ServerSocket, path: string) => void,
): Promise<{ readonly url: string }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  servers.push(server);
  server.on("connection", (socket, request) => onConnection(socket, request.url ?? ""));
  await new Promise((resolve) => server.once("listening", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("messages of the streams arrive with their names, and nothing else does", async () => {
  const paths: string[] = [];
  const { url } = await serve((socket, path) => {
    paths.push(path);
    socket.send(JSON.stringify({ result: null, id: 1 }));
    socket.send(JSON.stringify({ stream: "btcusd@depth", data: { t: 1 } }));
    socket.send(JSON.stringify({ stream: "serverShutdown", data: { e: "serverShutdown" } }));
    socket.close();
  });
  const messages: StreamMessage[] = [];
  const streams = await openMarketStreams(url, ["btcusd@trade", "btcusd@depth"], (message) =>
    messages.push(message),
  );
  await streams.closed;
  expect(paths).toEqual(["/stream?streams=btcusd@trade/btcusd@depth"]);
  expect(messages).toEqual([{ stream: "btcusd@depth", data: { t: 1 } }]);
});

test("a silent connection is asked, and ended when it does not answer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const asked: string[] = [];
  const isAnswered = Promise.withResolvers<void>();
  const isAskedAgain = Promise.withResolvers<void>();
  const { url } = await serve((socket) => {
    socket.on("message", (data) => {
      asked.push((JSON.parse((data as Buffer).toString()) as { readonly method: string }).method);
      // Answers once, and is dead from then on.
      if (asked.length > 1) return isAskedAgain.resolve();
      socket.send(JSON.stringify({ result: [], id: null }));
      socket.ping();
    });
    // The answer has come before the ping.
    socket.on("pong", () => isAnswered.resolve());
  });
  const silenceMs = 30;
  const streams = await openMarketStreams(url, ["btcusd@trade"], () => undefined, { silenceMs });
  vi.advanceTimersByTime(silenceMs);
  await isAnswered.promise;
  vi.advanceTimersByTime(silenceMs);
  await isAskedAgain.promise;
  vi.advanceTimersByTime(silenceMs);
  await streams.closed;
  expect(asked).toEqual(["LIST_SUBSCRIPTIONS", "LIST_SUBSCRIPTIONS"]);
});

test("nothing is asked of a connection that was given up, while the other side does not part", async () => {
  const { url } = await serve((socket) => socket.pause());
  using send = vi.spyOn(WebSocket.prototype, "send");
  const streams = await openMarketStreams(url, ["btcusd@trade"], () => undefined, {
    silenceMs: 30,
  });
  streams.close();
  await streams.closed;
  // A browser complains of each attempt.
  expect(send).not.toHaveBeenCalled();
});

test("who takes a connection and says nothing is not waited for for ever", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const taken: Socket[] = [];
  server.on("connection", (socket) => taken.push(socket));
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const silent = "within 50 ms";
  await expect(openWsApi({ url, openTimeoutMs: 50 })).rejects.toThrow(silent);
  const streams = openMarketStreams(url, ["btcusd@trade"], () => undefined, { openTimeoutMs: 50 });
  await expect(streams).rejects.toThrow(NetworkError);
  for (const socket of taken) socket.destroy();
  server.close();
  await once(server, "close");
});

test("a request that is not answered fails in time", async () => {
  const { url } = await serve(() => undefined);
  const api = await openWsApi({ url, timeoutMs: 30 });
  await expect(api.call("time")).rejects.toThrow(NetworkError);
  await expect(api.call("time")).rejects.toThrow("time was not answered within 30 ms");
  api.close();
  await api.closed;
});

test("a connection that is given up is over at once, also where nobody says so", async () => {
  const { url } = await serve((socket) => {
    // As a cable that was pulled: nothing of what the other one sends is seen.
    socket.pause();
  });
  const api = await openWsApi({ url });
  const asked = api.call("time");
  api.close();
  await expect(asked).rejects.toThrow("the connection was closed");
  await api.closed;
  const late = await api.call("order.place").catch((error: unknown) => error);
  expect(late).toMatchObject({ name: "NetworkError", isUnsent: true });
});

test("signed requests carry the time of the node where its clock is known", async () => {
  const timestamps: number[] = [];
  const { url } = await serve((socket) => {
    socket.on("message", (data) => {
      const { id, params } = JSON.parse((data as Buffer).toString()) as {
        readonly id: number;
        readonly params: { readonly timestamp: number };
      };
      timestamps.push(params.timestamp);
      socket.send(JSON.stringify({ id, status: 200, result: {} }));
    });
  });
  const credentials = hmacCredentials("key", "secret");
  const api = await openWsApi({ url, credentials, clockAheadMs: () => -3_600_000 });
  const beforeMs = Date.now();
  await api.signed("account.status");
  expect(timestamps[0]).toBeGreaterThanOrEqual(beforeMs - 3_600_000);
  expect(timestamps[0]).toBeLessThanOrEqual(Date.now() - 3_600_000);
  api.close();
});

test("answers are matched by id, refusals are errors with their codes", async () => {
  const { url } = await serve((socket) => {
    const waiting: { id: number; method: string }[] = [];
    socket.on("message", (data) => {
      waiting.push(JSON.parse((data as Buffer).toString()) as { id: number; method: string });
      if (waiting.length < 2) return;
      for (const { id, method } of waiting.reverse()) {
        const answer =
          method === "time"
            ? { id, status: 200, result: { serverTime: 5 } }
            : { id, status: 400, error: { code: -1121, msg: "Invalid symbol." } };
        socket.send(JSON.stringify(answer));
      }
    });
  });
  const api = await openWsApi({ url });
  const [time, depth] = await Promise.allSettled([api.call("time"), api.call("depth")]);
  expect(time).toEqual({ status: "fulfilled", value: { serverTime: 5 } });
  expect(depth).toMatchObject({
    status: "rejected",
    reason: { code: -1121, message: "Invalid symbol." },
  });
  api.close();
});

test.each([["<html>"], ["null"], ["5"], ['"event"'], ['{"id":']])(
  "what no node sends (%s) ends a connection, and nothing else",
  async (text) => {
    const { url } = await serve((socket, path) => {
      if (path.startsWith("/stream")) socket.send(text);
      else socket.on("message", () => socket.send(text));
    });
    const messages: StreamMessage[] = [];
    const streams = await openMarketStreams(url, ["btcusd@trade"], (each) => messages.push(each));
    await streams.closed;
    expect(messages).toEqual([]);
    const api = await openWsApi({ url });
    await expect(api.call("order.place")).rejects.toThrow(NetworkError);
    await api.closed;
  },
);
