import { isListenKey } from "../auth/listen-keys.ts";
import type { FrameForm } from "./topic.ts";

/** What the address of a WebSocket connection asks for. */
export type SocketPath =
  | { readonly kind: "streams"; readonly form: FrameForm; readonly names: readonly string[] }
  | { readonly kind: "api"; readonly isMicroseconds: boolean };

/** Limit: the longest address that is read. */
const LENGTH_MAX = 32_768;

/**
 * Reads the address of a WebSocket connection: `/ws`, `/ws/…` with streams or numbers between slashes,
 * `/stream`, `/stream?streams=a/b`, `/ws-api/v3`.
 *
 * Returns  undefined for an address that there is not.
 */
export function parseSocketPath(url: string): SocketPath | undefined {
  if (url.length > LENGTH_MAX) return undefined;
  const questionAt = url.indexOf("?");
  const path = decode(questionAt < 0 ? url : url.slice(0, questionAt));
  const query = questionAt < 0 ? "" : url.slice(questionAt + 1);
  if (path === undefined) return undefined;
  const isMicroseconds = valueOf(query, "timeUnit")?.toUpperCase() === "MICROSECOND";
  if (/^\/ws-api\/v3\/?$/.test(path)) return { kind: "api", isMicroseconds };
  if (path === "/ws" || path.startsWith("/ws/")) {
    const form = { isCombined: false, isMicroseconds };
    return { kind: "streams", form, names: namesOf(path.slice("/ws/".length)) };
  }
  if (path === "/stream" || path === "/stream/") {
    const form = { isCombined: true, isMicroseconds };
    const streams = decode(valueOf(query, "streams") ?? "");
    return streams === undefined ? undefined : { kind: "streams", form, names: namesOf(streams) };
  }
  return undefined;
}

function namesOf(text: string): string[] {
  return text.split("/").filter((name) => name.includes("@") || isListenKey(name));
}

function valueOf(query: string, name: string): string | undefined {
  const pair = query.split("&").find((each) => each.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
