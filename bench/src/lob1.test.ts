import { encodeHex, Fault, viewOf } from "@rialto/base";
import { expect, test } from "vitest";
import {
  encodeLob1,
  LOB1_HEADER_BYTES,
  LOB1_RECORD_BYTES,
  type Lob1Header,
  Lob1Op,
  packLob1Word,
  parseLob1,
  type Workload,
} from "./lob1.ts";
import { mixChecksum1, mixChecksum2, TradeChecksum } from "./trade-checksum.ts";

const HEADER: Lob1Header = {
  symbols: 3,
  prefillCommands: 1,
  timedCommands: 3,
  ids: 2,
  pricesMax: 50,
  trades: 7,
  checksum1: 0xffff_fffe,
  checksum2: 9,
  liveOrdersMax: 2,
  levelsAtEnd: 1,
};

function createRecords(): number[][] {
  return [
    [packLob1Word(Lob1Op.New, 1, 2), 0, 49, 100],
    [packLob1Word(Lob1Op.Ioc, 0, 0), 1, 1, 1],
    [packLob1Word(Lob1Op.Move, 1, 2), 0, 5, 6],
    [packLob1Word(Lob1Op.Cancel, 1, 2), 0, 0, 0],
  ];
}

function encode(change: Partial<Lob1Header> = {}, records = createRecords()): Uint8Array {
  return encodeLob1({
    header: { ...HEADER, ...change },
    records: Uint32Array.from(records.flat()),
  });
}

function expectFault(bytes: Uint8Array): unknown {
  const parsed = parseLob1(bytes);
  expect(parsed).toBeInstanceOf(Fault);
  return (parsed as Fault<{ readonly code: string }>).detail;
}

test("the header and the records lie as drawn", () => {
  const bytes = encode();
  expect(bytes.length).toBe(LOB1_HEADER_BYTES + 4 * LOB1_RECORD_BYTES);
  const view = viewOf(bytes);
  const offsets = [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 60];
  expect(offsets.map((offset) => view.getUint32(offset, true))).toEqual([
    0x4c4f_4231, 3, 1, 3, 2, 50, 7, 0xffff_fffe, 9, 2, 1, 0, 0,
  ]);
  expect(encodeHex(bytes.subarray(64, 80))).toBe("10020000000000003100000064000000");
});

test("what was encoded is parsed, and the records share the bytes", () => {
  const bytes = encode();
  const workload = parseLob1(bytes) as Workload;
  expect(workload.header).toEqual(HEADER);
  expect([...workload.records]).toEqual(createRecords().flat());
  expect(workload.records.buffer).toBe(bytes.buffer);
  expect(encodeLob1(workload)).toEqual(bytes);
});

test("bytes that are not aligned are parsed from a copy", () => {
  const shifted = new Uint8Array(encode().length + 1);
  shifted.set(encode(), 1);
  const workload = parseLob1(shifted.subarray(1)) as Workload;
  expect(workload.header).toEqual(HEADER);
});

test("a file of another size or kind is refused", () => {
  expect(expectFault(new Uint8Array(63))).toEqual({
    code: "LOB1_SIZE",
    fileBytes: 63,
    expectedBytes: 64,
  });
  for (const change of [-1, 1, 16]) {
    const bytes = new Uint8Array(128 + change);
    bytes.set(encode().subarray(0, bytes.length));
    const fault = { code: "LOB1_SIZE", fileBytes: 128 + change, expectedBytes: 128 };
    expect(expectFault(bytes)).toEqual(fault);
  }
  const bytes = encode();
  bytes[0] = 0;
  expect(expectFault(bytes)).toEqual({ code: "LOB1_MAGIC", magic: 0x4c4f_4200 });
});

test.each<[keyof Lob1Header, number, Partial<Lob1Header>?]>([
  ["symbols", 0],
  ["symbols", 2 ** 24 + 1],
  ["pricesMax", 1],
  ["pricesMax", 2 ** 30 + 1],
  ["timedCommands", 0],
  ["timedCommands", 0xffff_ffff],
  ["ids", 0],
  ["ids", 6],
  ["liveOrdersMax", 3],
  ["levelsAtEnd", 3],
])("a header whose %s is %d is refused", (field, value) => {
  const bytes = encode();
  const offsets = { symbols: 4, timedCommands: 12, ids: 16, pricesMax: 20 } as const;
  const others = { liveOrdersMax: 36, levelsAtEnd: 40 } as const;
  const offset = ({ ...offsets, ...others } as Record<string, number>)[field]!;
  viewOf(bytes).setUint32(offset, value, true);
  expect(expectFault(bytes)).toEqual({ code: "LOB1_HEADER", field, value });
});

test("reserved words of the header are zero", () => {
  const bytes = encode();
  bytes[60] = 1;
  expect(expectFault(bytes)).toEqual({ code: "LOB1_HEADER", field: "reserved word 15", value: 1 });
});

test.each<[string, number, number, number]>([
  ["op is 4", 1, 0, 4],
  ["side is 2", 1, 0, 2 << 4],
  ["symbol 3 of 3", 1, 0, 3 << 8],
  ["id 3 is beyond the 2 of the header", 1, 1, 3],
  ["id 0 is used again", 1, 1, 0],
  ["price 0 is out of range", 1, 2, 0],
  ["price 50 is out of range", 1, 2, 50],
  ["quantity is 0", 1, 3, 0],
  ["a MOVE of id 0 changes its side or symbol", 2, 0, packLob1Word(Lob1Op.Move, 0, 2)],
])("a record is refused where %s", (reason, recordIndex, word, value) => {
  const records = createRecords();
  records[recordIndex]![word] = value;
  expect(expectFault(encode({}, records))).toEqual({ code: "LOB1_RECORD", recordIndex, reason });
});

test("the checksums follow their definition", () => {
  // By hand, with bigints: h1 = (h1 ^ x) * 0x01000193, h2 = (rotl32(h2, 5) + x) * 0x9E3779B1.
  let h1 = 2_166_136_261n;
  let h2 = 0n;
  const words = [0xffff_fffen, 3n, 0x8000_0000n, 150n, 0n, 0xffff_ffffn, 8_191n, 1n];
  const sum = new TradeChecksum();
  for (let at = 0; at < words.length; at += 4) {
    const [taker, maker, price, lots] = words.slice(at, at + 4).map(Number);
    sum.add(taker!, maker!, price!, lots!);
  }
  for (const word of words) {
    h1 = BigInt.asUintN(32, (h1 ^ word) * 0x0100_0193n);
    h2 = BigInt.asUintN(32, (BigInt.asUintN(32, (h2 << 5n) | (h2 >> 27n)) + word) * 0x9e37_79b1n);
  }
  expect([sum.trades, sum.checksum1, sum.checksum2]).toEqual([2, Number(h1), Number(h2)]);
  expect(sum.hex()).toBe(h1.toString(16).padStart(8, "0") + h2.toString(16).padStart(8, "0"));
  expect([mixChecksum1(2_166_136_261, 0), mixChecksum2(0, 1)]).toEqual([84_696_351, 0x9e37_79b1]);
});
