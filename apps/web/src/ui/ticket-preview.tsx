import { formatDecimal } from "@rialto/protocol";
import { createMemo, For, type JSX, Show } from "solid-js";
import { grouped, trimmed } from "../market/amount-text.ts";
import type { OrderKind, SideWord } from "../ticket/order-draft.ts";
import type { FeeRates, OrderPreview, Preview, PreviewWarning } from "../ticket/preview.ts";
import { useTerminal } from "./terminal.ts";

const WARNINGS: Readonly<Record<PreviewWarning, string>> = {
  wouldTake: "This would trade at once, so a post-only order will be refused.",
  wouldExpire: "The book cannot fill this now: it would end without a trade.",
  partlyExpires: "The book can fill a part of this now; the rest would end.",
  partlyUnfilled: "The book holds less than this; the rest would end.",
  farFromBest: "This may trade more than 5 % away from the best price.",
  notCovered:
    "You have less than this may need: it would end without a trade when its price comes.",
  mayRest: "At its limit it would rest when its price has come, and not trade at once.",
};

interface PreviewProps {
  readonly side: SideWord;
  readonly kind: OrderKind;
  readonly preview: OrderPreview | undefined;
}

/** What the order would cost and bring: now if it met the book as it stands, a stop when its price has come. */
export function TicketPreview(props: PreviewProps): JSX.Element {
  const isPair = (): boolean =>
    props.preview?.now !== undefined && props.preview.stop !== undefined;
  const warning = (): PreviewWarning | undefined =>
    props.preview?.now?.warning ?? props.preview?.stop?.warning;
  return (
    <div class="flex flex-col gap-1">
      <Show when={isPair()} fallback={<OnePreview {...props} />}>
        <PairPreview {...props} />
      </Show>
      <Show when={props.preview?.stop}>
        <p class="text-muted">
          {isPair() ? "The stop's is an estimate." : "An estimate. What waits reserves nothing."}
        </p>
      </Show>
      <p class="text-notice empty:hidden" aria-live="polite">
        <Show when={warning()}>{(known) => WARNINGS[known()]}</Show>
      </p>
    </div>
  );
}

function OnePreview(props: PreviewProps): JSX.Element {
  const { market, feeRates } = useTerminal();
  const { quoteText, receivedText } = createAmounts(props);
  const preview = createMemo(() => props.preview?.now ?? props.preview?.stop);
  const ifRated = createMemo(() => (feeRates() === undefined ? undefined : preview()));
  const averaged = createMemo(() => (preview()?.averagePrice === "" ? undefined : preview()));
  const received = (quanta: bigint): string =>
    `${receivedText(quanta)} ${props.side === "BUY" ? market().base : market().quote}`;
  return (
    <dl class="flex flex-col gap-1" aria-label="Preview">
      <Line
        name={costName(props.side)}
        value={preview()}
        text={(known) => `${quoteText(known.notionalQuanta)} ${market().quote}`}
      />
      <Show when={props.kind === "limit" || props.kind === "market"}>
        <Line
          name="Average price"
          value={averaged()}
          text={(known) => `${grouped(known.averagePrice)} ${market().quote}`}
        />
      </Show>
      <Line
        name={`Fee ${feeText(preview(), feeRates())}`}
        value={ifRated()}
        text={(known) => received(known.feeQuanta)}
      />
      <Line name="You receive" value={ifRated()} text={(known) => received(known.receivedQuanta)} />
    </dl>
  );
}

/** Both ends that a pair may come to, side by side. */
function PairPreview(props: PreviewProps): JSX.Element {
  const { market, feeRates } = useTerminal();
  const { quoteText, receivedText } = createAmounts(props);
  const both = (): readonly (Preview | undefined)[] => [props.preview?.now, props.preview?.stop];
  const ifRated = (text: string): string => (feeRates() === undefined ? "–" : text);
  const rows = (): readonly (readonly [string, (known: Preview) => string])[] => {
    const asset = props.side === "BUY" ? market().base : market().quote;
    return [
      [`${costName(props.side)} (${market().quote})`, (known) => quoteText(known.notionalQuanta)],
      [`Fee (${asset})`, (known) => ifRated(receivedText(known.feeQuanta))],
      [`You receive (${asset})`, (known) => ifRated(receivedText(known.receivedQuanta))],
    ];
  };
  return (
    <table class="w-full text-right" aria-label="Preview">
      <thead class="text-muted">
        <tr>
          <td />
          <th class="font-normal" scope="col">
            Take profit
          </th>
          <th class="font-normal" scope="col">
            Stop
          </th>
        </tr>
      </thead>
      <tbody>
        <For each={rows()}>
          {([name, text]) => (
            <tr>
              <th class="text-left font-normal text-muted" scope="row">
                {name}
              </th>
              <For each={both()}>
                {(known) => <td>{known === undefined ? "–" : text(known)}</td>}
              </For>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}

function costName(side: SideWord): string {
  return side === "BUY" ? "Cost" : "Value";
}

/** How amounts are written: in the quote, and in what the side receives. */
function createAmounts(props: PreviewProps) {
  const { market } = useTerminal();
  const text = (quanta: bigint, decimals: number): string =>
    grouped(trimmed(formatDecimal(quanta, decimals), 2));
  const quoteText = (quanta: bigint): string => text(quanta, market().quoteDecimals);
  const receivedText = (quanta: bigint): string =>
    props.side === "BUY" ? text(quanta, market().baseDecimals) : quoteText(quanta);
  return { quoteText, receivedText };
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
