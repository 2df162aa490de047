// Makes a module tell which way each of its branches went.

import { encodeI32, encodeU32, namesFunction, readInstruction, WasmReader } from "./wasm-reader.ts";

/** Where the instrumented module imports the function `hit(condition, branch)`, which gives the condition back. */
export const HIT_MODULE = "coverage";
export const HIT_NAME = "hit";

const BRANCH_KINDS = { 0x04: "if", 0x0d: "br_if", 0x1b: "select", 0x1c: "select" } as const;

/** A place in the module that goes one of two ways. */
export interface WasmBranch {
  readonly kind: (typeof BRANCH_KINDS)[keyof typeof BRANCH_KINDS];
  /** Of its opcode, in the module before. */
  readonly offset: number;
}

const HEADER_BYTES = 8;
const Section = {
  Custom: 0,
  Type: 1,
  Import: 2,
  Function: 3,
  Export: 7,
  Start: 8,
  Element: 9,
  Code: 10,
};
const I32 = 0x7f;
const FUNCTION_TYPE = [0x60, 2, I32, I32, 1, I32];

/**
 * Inserts a call before every `if`, `br_if` and `select`, with its condition and its number.
 *
 * Shape    branches are numbered in the order of the module, from 0. The module has no imports, for the one that it gets
 *          moves all numbers of functions by one.
 * Errors   thrown, for a module with imports, or elements that are more than lists of functions.
 */
export function instrument(bytes: Uint8Array): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly branches: readonly WasmBranch[];
} {
  const reader = new WasmReader(bytes, HEADER_BYTES);
  const output = [...bytes.subarray(0, HEADER_BYTES)];
  const branches: WasmBranch[] = [];
  let types = 0;
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.at;
    reader.at += size;
    const section = new WasmReader(bytes, start);
    if (id === Section.Import) throw new Error("a module with imports is not instrumented");
    if (id === Section.Custom) continue;
    if (id === Section.Type) {
      types = section.u32();
      const rest = bytes.subarray(section.at, start + size);
      pushSection(output, id, [...encodeU32(types + 1), ...rest, ...FUNCTION_TYPE]);
      pushSection(output, Section.Import, importOfHit(types));
    } else if (id === Section.Export) pushSection(output, id, exportsOf(section));
    else if (id === Section.Element) pushSection(output, id, elementsOf(section));
    else if (id === Section.Start) pushSection(output, id, encodeU32(section.u32() + 1));
    else if (id === Section.Code) pushSection(output, id, codeOf(section, branches));
    else pushSection(output, id, bytes.subarray(start, start + size));
  }
  return { bytes: Uint8Array.from(output), branches };
}

function pushSection(output: number[], id: number, content: ArrayLike<number>): void {
  output.push(id, ...encodeU32(content.length));
  for (let at = 0; at < content.length; at++) output.push(content[at]!);
}

function importOfHit(type: number): number[] {
  return [1, ...nameOf(HIT_MODULE), ...nameOf(HIT_NAME), 0, ...encodeU32(type)];
}

function nameOf(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...encodeU32(bytes.length), ...bytes];
}

function exportsOf(reader: WasmReader): number[] {
  const count = reader.u32();
  const output = encodeU32(count);
  for (let left = count; left > 0; left--) {
    const start = reader.at;
    reader.skipRun();
    const kind = reader.byte();
    output.push(...reader.bytes.subarray(start, reader.at));
    output.push(...encodeU32(reader.u32() + (kind === 0 ? 1 : 0)));
  }
  return output;
}

/** Active lists of functions in table 0 at a constant place: what our compiler makes for its one table, if at all. */
function elementsOf(reader: WasmReader): number[] {
  const count = reader.u32();
  const output = encodeU32(count);
  for (let left = count; left > 0; left--) {
    if (reader.u32() !== 0) throw new Error("elements are lists of functions");
    output.push(0);
    const start = reader.at;
    while (readInstruction(reader).opcode !== 0x0b);
    output.push(...reader.bytes.subarray(start, reader.at));
    const functions = reader.u32();
    output.push(...encodeU32(functions));
    for (let index = 0; index < functions; index++) output.push(...encodeU32(reader.u32() + 1));
  }
  return output;
}

function codeOf(reader: WasmReader, branches: WasmBranch[]): number[] {
  const count = reader.u32();
  const output = encodeU32(count);
  for (let left = count; left > 0; left--) {
    const size = reader.u32();
    const body = bodyOf(reader, reader.at + size, branches);
    output.push(...encodeU32(body.length));
    for (const byte of body) output.push(byte);
  }
  return output;
}

function bodyOf(reader: WasmReader, end: number, branches: WasmBranch[]): number[] {
  const start = reader.at;
  for (let left = reader.u32(); left > 0; left--) {
    reader.skipLeb();
    reader.byte();
  }
  const body = [...reader.bytes.subarray(start, reader.at)];
  while (reader.at < end) {
    const { opcode, at } = readInstruction(reader);
    const kind = BRANCH_KINDS[opcode as keyof typeof BRANCH_KINDS];
    if (kind !== undefined) {
      body.push(0x41, ...encodeI32(branches.length), 0x10, 0);
      branches.push({ kind, offset: at });
    }
    if (namesFunction(opcode)) {
      body.push(opcode, ...encodeU32(new WasmReader(reader.bytes, at + 1).u32() + 1));
    } else for (let byte = at; byte < reader.at; byte++) body.push(reader.bytes[byte]!);
  }
  return body;
}
