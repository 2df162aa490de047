import diagnostics from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";

// Every HTTP answer that this process gets, whichever library asked: Node and undici tell of them on channels of
// their own, so that no client has to be changed, wrapped or asked. Source: Node's `http.client.*` channels, and
// docs/api/DiagnosticsChannel.md of undici.

/** One answer. */
export interface Answered {
  readonly method: string;
  /** Without the query: "/api/v3/depth". */
  readonly path: string;
  readonly status: number;
}

/** Answers of one origin, from the making of the recording on. */
export interface Traffic extends Disposable {
  readonly answers: readonly Answered[];
  /** "GET /api/v3/depth", each once, in the order of their first answers. */
  routes(): string[];
}

interface UndiciMessage {
  readonly request: { readonly method: string; readonly origin: string; readonly path: string };
  readonly response: { readonly statusCode: number };
}

interface HttpMessage {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

/** Begins to record what `origin` answers to this process. */
export function recordTraffic(origin: string): Traffic {
  const answers: Answered[] = [];
  const add = (from: string, method: string, target: string, status: number): void => {
    const path = target.split("?", 1)[0]!;
    if (from === origin) answers.push({ method, path, status });
  };
  const subscriptions: Readonly<Record<string, (message: unknown) => void>> = {
    "undici:request:headers": (message) => {
      const { request, response } = message as UndiciMessage;
      add(request.origin, request.method, request.path, response.statusCode);
    },
    "http.client.response.finish": (message) => {
      const { request, response } = message as HttpMessage;
      const from = `http://${String(request.getHeader("host"))}`;
      add(from, request.method, request.path, response.statusCode ?? 0);
    },
  };
  for (const [name, listener] of Object.entries(subscriptions)) {
    diagnostics.subscribe(name, listener);
  }
  return {
    answers,
    routes: () => [...new Set(answers.map(({ method, path }) => `${method} ${path}`))],
    [Symbol.dispose]: () => {
      for (const [name, listener] of Object.entries(subscriptions)) {
        diagnostics.unsubscribe(name, listener);
      }
    },
  };
}
