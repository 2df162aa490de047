import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Context, Dealer } from "zeromq";
import { ZeroMqGate } from "./zeromq-gate.ts";

/** More than zeromq.js reads at one go: it puts the next read off to another turn of the event loop. */
const QUESTIONS = 2_000;
const QUESTION = ["", "1.0", "1", "rialto", "10.0.0.1", "", "NULL"];

test.each([0, 1, 2, 3])(
  "a gate with a crowd before it closes in peace, %i turns after it has opened",
  async (turns) => {
    const context = new Context({ blocky: false });
    let refused = 0;
    const gate = new ZeroMqGate(context, [], () => refused++);
    const crowd = new Dealer({ context, linger: 0, sendTimeout: 0, sendHighWaterMark: 0 });
    await gate.open();
    crowd.connect("inproc://zeromq.zap.01");
    for (let count = 0; count < QUESTIONS; count++) await crowd.send(QUESTION);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    await gate.close();
    crowd.close();
    expect(refused).toBeLessThan(QUESTIONS);
  },
);
