import type { JSX } from "solid-js";
import type { MarketStatus } from "../market/listing-feed.ts";
import { useTerminal } from "./terminal.ts";

interface StatusWords {
  readonly short: string;
  readonly long: string;
}

const NOTHING: StatusWords = { short: "", long: "" };
const WORDS: Readonly<Record<MarketStatus, StatusWords>> = {
  TRADING: NOTHING,
  POST_ONLY: {
    short: "Post only",
    long: "The market takes only post-only orders, and those that wait for a price.",
  },
  CANCEL_ONLY: { short: "Cancel only", long: "The market takes only cancels." },
  HALT: { short: "Halted", long: "The market is halted: it takes no orders." },
  BREAK: {
    short: "Not trading",
    long: "The market does not trade now: an order is refused, or waits for the next auction.",
  },
};

function createWords(): () => StatusWords {
  const { marketStatus } = useTerminal();
  return () => WORDS[marketStatus() ?? "TRADING"] ?? NOTHING;
}

/** Beside the market's name: that it does not trade as usual. */
export function MarketStatusBadge(): JSX.Element {
  const words = createWords();
  return (
    <strong
      class="rounded bg-down-soft px-2 py-1 font-medium whitespace-nowrap text-down empty:hidden"
      role="status"
      aria-label="Market status"
    >
      {words().short}
    </strong>
  );
}

/** In the ticket: what that means for an order. */
export function MarketStatusNotice(): JSX.Element {
  const words = createWords();
  return <p class="text-notice empty:hidden">{words().long}</p>;
}
