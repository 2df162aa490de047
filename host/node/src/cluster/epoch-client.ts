import { encodeHex, equalBytes, Fault } from "@rialto/base";
import { type Roster, rosterDigest } from "@rialto/consensus";
import type { EpochView } from "@rialto/gateway";
import { setTimeout as sleep } from "node:timers/promises";
import { changeBytes, type PendingChange } from "./epoch-change-file.ts";
import { checkSteps } from "./epoch-file.ts";
import type { Genesis } from "./genesis.ts";
import { sha256 } from "../sha256.ts";

const ASK_TIMEOUT_MS = 5_000;
const POLL_MS = 100;
/** An epoch ends within some rounds; those who join are not waited for here. */
const EPOCH_TIMEOUT_MS = 60_000;

export type EpochClientFaultDetail =
  | { readonly code: "NODE_UNREACHABLE"; readonly url: string }
  | { readonly code: "NODE_STRANGE"; readonly url: string }
  | { readonly code: "EPOCH_CHANGE_REFUSED"; readonly reason: string }
  | { readonly code: "EPOCH_LATE" | "EPOCH_OTHER"; readonly url: string; readonly epoch: number };

/** What a node says of its epochs. Errors: NODE_UNREACHABLE, NODE_STRANGE, thrown. */
export async function askEpochs(url: string): Promise<EpochView> {
  const view = await request(url, "/api/consensus/epochs");
  if (isEpochView(view)) return view;
  throw strange(url);
}

function isEpochView(value: unknown): value is EpochView {
  const { epoch, steps } = (value ?? {}) as Partial<EpochView>;
  const isList = Array.isArray(steps) && steps.every((step) => typeof step === "string");
  return Number.isSafeInteger(epoch) && isList;
}

function strange(url: string, cause?: unknown): Fault<EpochClientFaultDetail> {
  const message = `what answers at ${url} is no member of a cluster: give the --url of one`;
  return new Fault<EpochClientFaultDetail>({ code: "NODE_STRANGE", url }, "error", message, cause);
}

/** The epoch that a node is in, checked from the genesis on: a base for a change. Errors: thrown. */
export async function askBase(
  url: string,
  genesis: Genesis,
): Promise<Pick<PendingChange, "steps" | "before">> {
  const { steps } = await askEpochs(url);
  const known = checkSteps(genesis, steps);
  if (known instanceof Fault) throw known;
  return { steps, before: known.epochs.at(-1)! };
}

/** Hands a change to a node. Errors: EPOCH_CHANGE_REFUSED with the reason, NODE_UNREACHABLE, thrown. */
export async function submitChange(url: string, pending: PendingChange): Promise<void> {
  const body = JSON.stringify({ change: encodeHex(changeBytes(pending)) });
  await request(url, "/api/consensus/epoch-change", { method: "POST", body });
}

/**
 * Waits until a node is in the epoch that a change begins, or beyond; for one that does not answer only until it `hasEnded`.
 *
 * Errors   EPOCH_OTHER where another change came first and this one never will; EPOCH_LATE where it may yet come;
 *          NODE_UNREACHABLE, EPOCH_CHAIN_INVALID; thrown.
 */
export async function untilChanged(
  url: string,
  { genesis, change: { roster, validUntilMs } }: PendingChange,
  hasEnded: () => boolean = () => false,
): Promise<EpochView> {
  const { epoch } = roster;
  const deadlineMs = performance.now() + EPOCH_TIMEOUT_MS;
  for (;;) {
    const view = await askEpochs(url).catch(
      unansweredUntil(() => performance.now() > deadlineMs || hasEnded()),
    );
    if (view === undefined) continue;
    if (view.epoch >= epoch) {
      const known = checkSteps(genesis, view.steps);
      if (known instanceof Fault) throw known;
      const begun = known.epochs.find((each) => each.roster.epoch === epoch);
      if (begun !== undefined && isSame(begun.roster, roster)) return view;
      const message = `another change came first and began epoch ${epoch}; of this one nothing was done: make it anew`;
      const detail = { code: "EPOCH_OTHER", url, epoch } as const;
      throw new Fault<EpochClientFaultDetail>(detail, "error", message);
    }
    if (performance.now() > deadlineMs) {
      const until = new Date(validUntilMs).toISOString();
      const message =
        `${url} is still in epoch ${view.epoch}: \`rialto cluster status\` says why. ` +
        `The change was taken and may come true until ${until}`;
      throw new Fault<EpochClientFaultDetail>({ code: "EPOCH_LATE", url, epoch }, "error", message);
    }
    await sleep(POLL_MS);
  }
}

/** A change that was taken goes on while a node has no time to answer. */
function unansweredUntil(isOver: () => boolean): (error: unknown) => Promise<undefined> {
  return async (error) => {
    if (!isUnreachable(error) || isOver()) throw error;
    await sleep(POLL_MS);
  };
}

/** True for what a node that does not answer is told of by. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Fault)) return false;
  return (error.detail as EpochClientFaultDetail).code === "NODE_UNREACHABLE";
}

function isSame(left: Roster, right: Roster): boolean {
  return equalBytes(rosterDigest(left, sha256), rosterDigest(right, sha256));
}

async function request(url: string, path: string, init: RequestInit = {}): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    text = await response.text();
  } catch (cause) {
    const { message: said, cause: reason } = cause as Error;
    // fetch says why in the cause of its error, and nothing in the error.
    const why = reason instanceof Error ? reason.message : said;
    const message = `${url} does not answer: ${why}`;
    const detail = { code: "NODE_UNREACHABLE", url } as const;
    throw new Fault<EpochClientFaultDetail>(detail, "error", message, cause);
  }
  const body = parseJson(url, text);
  if (response.ok) return body;
  const { msg: reason = response.statusText } = (body ?? {}) as { readonly msg?: string };
  const detail = { code: "EPOCH_CHANGE_REFUSED", reason } as const;
  throw new Fault<EpochClientFaultDetail>(detail, "error", `${url}: ${reason}`);
}

function parseJson(url: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw strange(url, error);
    throw error;
  }
}
