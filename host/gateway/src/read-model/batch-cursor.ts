import { fail, viewOf } from "@rialto/base";
import { commandBytes, CommandKind, EventOffset, SPECIAL_BYTES } from "@rialto/protocol";
import type { ExecutedBatch } from "../exchange-port.ts";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Where the reading of a batch stands: an event, and the command that has caused it. */
export class BatchCursor {
  commands: DataView = EMPTY;
  events: DataView = EMPTY;
  nowMs = 0;
  /** Where the command that the events being read belong to begins. */
  commandAt = 0;
  #commandIndex = 0;
  #termsAt = 0;
  #notes: ExecutedBatch["notes"] = [];
  #noteAt = 0;
  #firstCommand = 0;

  open(batch: ExecutedBatch): void {
    this.events = viewOf(batch.events);
    this.commands = viewOf(batch.commands);
    this.nowMs = batch.nowMs;
    this.#firstCommand = batch.firstCommand;
    this.#notes = batch.notes;
    this.#noteAt = 0;
    this.commandAt = 0;
    this.#termsAt = 0;
    this.#commandIndex = 0;
  }

  /** The bytes were lent for the call. */
  close(): void {
    this.commands = EMPTY;
    this.events = EMPTY;
    this.#notes = [];
  }

  /** True if the event at `at` is of the command that is being read. */
  isOfCommand(at: number): boolean {
    return this.#indexOf(at) === this.#commandIndex;
  }

  #indexOf(at: number): number {
    const command = this.events.getUint32(at + EventOffset.command, true);
    return (command - this.#firstCommand) >>> 0;
  }

  /** Goes on to the command of the event at `at`. */
  advanceTo(at: number): void {
    const index = this.#indexOf(at);
    if (index < this.#commandIndex) fail("events come in the order of their commands");
    while (this.#commandIndex < index) {
      if (this.commandAt >= this.commands.byteLength) fail("an event has a command of its batch");
      this.commandAt += commandBytes(this.commands.getUint8(this.commandAt));
      this.#commandIndex += 1;
    }
    this.#termsAt = this.commandAt;
  }

  /** Where the terms of the order begin that the command has placed next: a list places several, one behind the other. */
  takeTerms(): number {
    const at = this.#termsAt;
    this.#termsAt = at + SPECIAL_BYTES;
    return at;
  }

  /** How the orders that the command has placed hang together; 0 where it places no list. */
  get listKind(): number {
    const isList = this.commands.getUint8(this.commandAt) === CommandKind.PlaceList;
    return isList ? this.commands.getUint8(this.commandAt + SPECIAL_BYTES) : 0;
  }

  /** What the client calls the order of a list whose terms begin at `from`, and the list. */
  namesOf(from: number): { readonly text: string; readonly listText: string } {
    const place = (from - this.commandAt) / SPECIAL_BYTES;
    const [first = "", ...others] = this.#noteText().split(",");
    // A single text is the first order's.
    if (others.length === 0) return { text: place === 0 ? first : "", listText: "" };
    return { text: others[place] ?? "", listText: first };
  }

  /** True if the terms of the orders that the command has placed say more than a plain order's. */
  get hasExtras(): boolean {
    const kind = this.commands.getUint8(this.commandAt);
    return kind === CommandKind.PlaceSpecial || kind === CommandKind.PlaceList;
  }

  /** The text at a place of the note of the command being read; empty where there is none. */
  textAt(place: number): string {
    const text = this.#noteText();
    // Mostly there is one alone.
    if (!text.includes(",")) return place === 0 ? text : "";
    return text.split(",")[place] ?? "";
  }

  #noteText(): string {
    while (this.#noteAt < this.#notes.length) {
      const note = this.#notes[this.#noteAt]!;
      if (note.commandIndex > this.#commandIndex) return "";
      if (note.commandIndex === this.#commandIndex) return note.text;
      this.#noteAt += 1;
    }
    return "";
  }
}
