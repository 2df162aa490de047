import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { findTestPort } from "../testing/free-port.ts";
import { askEpochs } from "./epoch-client.ts";

/** What asking says of a program that answers everything with a text. */
function refusalOf(text: string, status = 200): Promise<unknown> {
  return askWhere((_, response) => {
    response.statusCode = status;
    response.end(text);
  });
}

async function askWhere(answer: RequestListener): Promise<unknown> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const refusal = await askEpochs(url).catch((error: unknown) => error);
  server.closeAllConnections();
  server.close();
  return refusal;
}

test.each(["<html>", "{}", "null", "[]", '{"epoch":1,"steps":[2]}'])(
  "what says %s is no member of a cluster",
  async (text) => {
    expect(await refusalOf(text)).toMatchObject({ detail: { code: "NODE_STRANGE" } });
  },
);

test("what refuses says why, as well as it can", async () => {
  expect(await refusalOf('{"msg":"not here"}', 404)).toMatchObject({
    message: expect.stringContaining("not here"),
  });
  expect(await refusalOf("null", 500)).toMatchObject({
    message: expect.stringContaining("Internal Server Error"),
  });
  expect(await refusalOf("<html>", 502)).toMatchObject({ detail: { code: "NODE_STRANGE" } });
});

test("where nobody listens it is said so", async () => {
  const refusal = await askEpochs(`http://127.0.0.1:${await findTestPort()}`).catch(
    (error: unknown) => error,
  );
  expect(refusal).toMatchObject({ message: expect.stringContaining("ECONNREFUSED") });
});

test("a node that ends in the middle of its answer has not answered: who waits for it asks again", async () => {
  const refusal = await askWhere((_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write('{"epoch":');
    setTimeout(() => response.destroy(), 20);
  });
  expect(refusal).toMatchObject({ detail: { code: "NODE_UNREACHABLE" } });
});
