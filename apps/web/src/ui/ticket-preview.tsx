import { formatDecimal } from "@rialto/protocol";
import { createMemo, type JSX, Show } from "solid-js";
import { grouped, trimmed } from "../market/amount-text.ts";
import type { FeeRates, Preview, PreviewWarning } from "../ticket/preview.ts";
import { useTerminal } from "./terminal.ts";
import type { Ticket } from "./ticket-state.ts";

const WARNINGS: Readonly<Record<PreviewWarning, string>> = {
  wouldTake: "This would trade at once, so a post-only order will be refused.",
  wouldExpire: "The book cannot fill this now: it would end without a trade.",
  partlyExpires: "The book can fill a part of this now; the rest would end.",
  partlyUnfilled: "The book holds less than this; the rest would end.",
};

/** What the order would cost and bring if it met the book as it stands. */
export function TicketPreview(props: { readonly ticket: Ticket }): JSX.Element {
  const { market, feeRates } = useTerminal();
  const isBuy = (): boolean => props.ticket.inputs.side === "BUY";
  const quote = (quanta: bigint): string =>
    `${grouped(trimmed(formatDecimal(quanta, market().quoteDecimals), 2))} ${market().quote}`;
  const received = (quanta: bigint): string =>
    isBuy()
      ? `${grouped(trimmed(formatDecimal(quanta, market().baseDecimals), 2))} ${market().base}`
      : quote(quanta);
  const preview = createMemo(() => props.ticket.preview());
  return (
    <div class="flex flex-col gap-1">
      <dl class="flex flex-col gap-1" aria-label="Preview">
        <Line
          name={isBuy() ? "Cost" : "Value"}
          value={preview()}
          text={(known) => quote(known.notionalQuanta)}
        />
        <Line
          name="Average price"
          value={preview()?.averagePrice === "" ? undefined : preview()}
          text={(known) => `${grouped(known.averagePrice)} ${market().quote}`}
        />
        <Line
          name={`Fee ${feeText(preview(), feeRates())}`}
          value={feeRates() === undefined ? undefined : preview()}
          text={(known) => received(known.feeQuanta)}
        />
        <Line
          name="You receive"
          value={feeRates() === undefined ? undefined : preview()}
          text={(known) => received(known.receivedQuanta)}
        />
      </dl>
      <p class="text-notice empty:hidden" aria-live="polite">
        <Show when={preview()?.warning}>{(warning) => WARNINGS[warning()]}</Show>
      </p>
    </div>
  );
}

function Line(props: {
  readonly name: string;
  readonly value: Preview | undefined;
  readonly text: (value: Preview) => string;
}): JSX.Element {
  return (
    <div class="flex justify-between gap-2">
      <dt class="text-muted">{props.name}</dt>
      <dd>{props.value === undefined ? "–" : props.text(props.value)}</dd>
    </div>
  );
}

/** Which fee it is, and its rate: "taker 0.1%". */
function feeText(preview: Preview | undefined, rates: FeeRates | undefined): string {
  if (preview === undefined || rates === undefined) return "";
  const percent = (ppm: bigint): string => `${trimmed(formatDecimal(ppm, 4))}%`;
  const parts = [];
  if (preview.takenLots > 0n) parts.push(`taker ${percent(rates.takerPpm)}`);
  if (preview.restingLots > 0n) parts.push(`maker ${percent(rates.makerPpm)}`);
  return parts.length === 0 ? "" : `(${parts.join(", ")})`;
}
