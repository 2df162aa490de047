import { createMemo, type JSX } from "solid-js";
import type { LinkState } from "../account/account-link.ts";
import type { FeedState } from "../market/market-feed.ts";
import { useTerminal } from "./terminal.ts";

export type Connection = "Connecting" | "Connected" | "Resyncing" | "Reconnecting";

/** One word for both connections: the worse of the two. */
export function connectionOf(feed: FeedState, link: LinkState): Connection {
  if (feed === "reconnecting" || link === "reconnecting") return "Reconnecting";
  if (feed === "connecting" || link === "connecting") return "Connecting";
  return feed === "syncing" ? "Resyncing" : "Connected";
}

/** Says whether what is shown is current. */
export function ConnectionBadge(): JSX.Element {
  const { feed, linkHealth } = useTerminal();
  const connection = createMemo(() => connectionOf(feed().health.state, linkHealth().state));
  const isGood = (): boolean => connection() === "Connected";
  return (
    <p
      class={`flex items-center gap-1.5 whitespace-nowrap ${isGood() ? "text-muted" : "text-notice"}`}
      role="status"
      aria-label="Connection"
      data-connection={connection()}
    >
      <span aria-hidden="true" class={isGood() ? "text-up" : ""}>
        {isGood() ? "●" : "○"}
      </span>
      <span class={isGood() ? "max-sm:sr-only" : ""}>{connection()}</span>
    </p>
  );
}
