import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ApiError, NetworkError } from "./client-error.ts";
import { hmacCredentials } from "./credentials.ts";
import { RestClient } from "./rest-client.ts";

const credentials = hmacCredentials("key", "secret");

/** What a signed request comes to where a server answers it so. */
async function outcomeOf(answer: RequestListener): Promise<unknown> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new RestClient({ url, credentials });
  const outcome = await client.signed("POST", "/api/v3/order").catch((error: unknown) => error);
  server.close();
  return outcome;
}

const answerWith =
  (status: number, body: string): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(body);
  };

test("an answer is an answer, and a refusal has the exchange's own code", async () => {
  expect(await outcomeOf(answerWith(200, '{"orderId":7}'))).toEqual({ orderId: 7 });
  const refusal = await outcomeOf(answerWith(400, '{"code":-2010,"msg":"poor"}'));
  expect(refusal).toBeInstanceOf(ApiError);
  expect(refusal).toMatchObject({ status: 400, code: -2010, message: "poor", isUnknown: false });
});

test.each([
  ["a page", 200, "<html>It works!</html>"],
  ["nothing", 200, ""],
  ["half an answer", 200, '{"orderId":'],
  ["what is no object", 200, "true"],
  ["a proxy that has lost its node", 502, "<html>Bad Gateway</html>"],
  ["somebody who has no such page", 404, '{"error":"not found"}'],
  ["a code that is none", 400, '{"code":"E1","msg":"no"}'],
])("%s is neither an answer nor a refusal of a node", async (_, status, body) => {
  const outcome = await outcomeOf(answerWith(status, body));
  expect(outcome).toBeInstanceOf(NetworkError);
  // Behind a proxy the node may have done it all the same.
  expect(outcome).toMatchObject({ isUnsent: false });
  expect((outcome as Error).message).toContain(`HTTP ${status}`);
});

test.each([301, 302, 307, 308])(
  "what is signed for one server is not sent to another that it names (%i)",
  async (status) => {
    let asked = 0;
    const outcome = await outcomeOf((request, response) => {
      asked++;
      if (request.url === "/elsewhere") response.end("{}");
      else response.writeHead(status, { location: "/elsewhere" }).end();
    });
    // A POST would have become a GET besides, and an order a question.
    expect(outcome).toBeInstanceOf(NetworkError);
    expect((outcome as Error).message).toContain("redirect");
    expect(asked).toBe(1);
  },
);

test("where nobody listens nothing was sent; where somebody ends in between something may have been done", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, "close");
  const client = new RestClient({ url, credentials });
  await expect(client.signed("POST", "/api/v3/order")).rejects.toMatchObject({ isUnsent: true });
  const ended = await outcomeOf((_, response) => response.destroy());
  expect(ended).toMatchObject({ name: "NetworkError", isUnsent: false });
});

test("what a node does not know the outcome of is no refusal", () => {
  expect(new ApiError(504, -1007, "Timeout").isUnknown).toBe(true);
  expect(new ApiError(500, -1000, "An unknown error").isUnknown).toBe(true);
  expect(new ApiError(503, -1008, "Overloaded").isUnknown).toBe(false);
});
