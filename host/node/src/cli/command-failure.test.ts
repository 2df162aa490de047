import { Fault, InvariantError } from "@rialto/base";
import { ApiError, NetworkError } from "@rialto/client";
import { expect, test } from "vitest";
import { ExitCode, UsageError } from "./command.ts";
import { failureOf } from "./command-failure.ts";
import { toJson } from "./json-line.ts";

const refusalOfSystem = systemError("EADDRINUSE", "address already in use");

const unreachable = new Fault({ code: "NODE_UNREACHABLE", url: "http://a" }, "error", "silent");

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code, syscall: "mkdir" });
}

test.each([
  [new UsageError("--fast is no option"), ExitCode.Usage, "USAGE"],
  [new ApiError(400, -2010, "Account has insufficient balance."), ExitCode.Rejected, "REJECTED"],
  [new ApiError(504, -1007, "execution status unknown."), ExitCode.Network, "UNKNOWN"],
  [new NetworkError("no answer"), ExitCode.Network, "NETWORK"],
  [new Fault({ code: "JOURNAL_EMPTY" }, "error", "it is empty"), ExitCode.Failed, "JOURNAL_EMPTY"],
  [unreachable, ExitCode.Network, "NODE_UNREACHABLE"],
  [refusalOfSystem, ExitCode.Failed, "EADDRINUSE"],
  [new InvariantError("the money adds up"), ExitCode.Bug, "BUG"],
  [new TypeError("x is not a function"), ExitCode.Failed, "UNEXPECTED"],
  ["a text that was thrown", ExitCode.Failed, "UNEXPECTED"],
])("%s is told apart, with what happened and what to do", (error, exitCode, code) => {
  const failure = failureOf(error, "keys new");
  expect(failure).toMatchObject({ event: "failed", command: "keys new", exitCode, code });
  expect(failure.message).toContain(error instanceof Error ? error.message : error);
  expect(failure.toDo).not.toBe("");
});

test("what the code is about has fields of its own", () => {
  const refusal = failureOf(new ApiError(400, -2010, "poor"), "order");
  expect(refusal).toMatchObject({ detail: { apiCode: -2010, status: 400 } });
  const fault = failureOf(new Fault({ code: "STORAGE_FULL", freeBytes: 7n }, "error"), "start");
  expect(fault.detail).toEqual({ freeBytes: 7n });
  expect(toJson(fault)).toContain('"detail":{"freeBytes":"7"}');
});

test.each([
  ["EEXIST", "--data-dir"],
  ["ENOTFOUND", "--host"],
  ["EADDRINUSE", "--port"],
])("%s says what to give instead", (code, flag) => {
  const failure = failureOf(systemError(code, "refused"), "start");
  expect(failure.message).toContain(flag);
});

test("who has sent something is told to look before trying again, and who has not to try again", () => {
  const sent = failureOf(new NetworkError("no answer"), "order");
  expect(sent.toDo).toContain("look, before you try again");
  const unsent = failureOf(NetworkError.unsent("no connection"), "order");
  expect(unsent.toDo).toContain("then try again");
});
