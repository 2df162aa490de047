// WebSocket frames that a server sends: whole text messages, never masked. They are made here so that one
// message to many subscribers is framed once, and written to their sockets as it is.
//
// Source: RFC 6455 §5.2.

const FINAL_TEXT = 0x81;
const SHORT_MAX = 125;
const MEDIUM = 126;
const LONG = 127;

/** A text message as the bytes that go to the socket. */
export function encodeTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length <= SHORT_MAX) {
    const frame = Buffer.allocUnsafe(2 + length);
    frame[0] = FINAL_TEXT;
    frame[1] = length;
    frame.write(text, 2);
    return frame;
  }
  if (length <= 0xffff) {
    const frame = Buffer.allocUnsafe(4 + length);
    frame[0] = FINAL_TEXT;
    frame[1] = MEDIUM;
    frame.writeUInt16BE(length, 2);
    frame.write(text, 4);
    return frame;
  }
  const frame = Buffer.allocUnsafe(10 + length);
  frame[0] = FINAL_TEXT;
  frame[1] = LONG;
  frame.writeBigUInt64BE(BigInt(length), 2);
  frame.write(text, 10);
  return frame;
}
