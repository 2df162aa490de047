import { expect, test } from "vitest";
import { checkUrl } from "./connection.ts";

test("a node is called by its origin, and a slash at its end is nothing", () => {
  expect(checkUrl("http://localhost:8080/")).toBe("http://localhost:8080");
  expect(checkUrl("https://exchange.example")).toBe("https://exchange.example");
});

test.each(["localhost:8080", "ws://localhost:8080", "http://a/api/v3", "http://a?b", "http://u@a"])(
  "%s is refused: every path would begin with it, and the node's answer say something else",
  (text) => {
    expect(() => checkUrl(text)).toThrow(`"${text}" is no URL of a node`);
  },
);

test("a port at which nothing can be asked is a usage error: no order went anywhere", () => {
  expect(() => checkUrl("http://127.0.0.1:6000")).toThrow("nothing is asked at port 6000");
  expect(checkUrl("http://127.0.0.1:6001/")).toBe("http://127.0.0.1:6001");
});
