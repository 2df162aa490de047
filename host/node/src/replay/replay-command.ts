import type { Parameters } from "@rialto/client";
import { Side } from "@rialto/protocol";
import { lotsText, type MarketSteps, ticksText } from "./market-steps.ts";

// What a replay asks of the node: requests of the WebSocket API, in ticks and lots.

export interface ReplayOrder {
  readonly clientOrderId: string;
  readonly side: Side;
  /** LIMIT_MAKER is refused rather than traded when it arrives. */
  readonly type: "LIMIT_MAKER" | "GTC" | "IOC";
  readonly priceTicks: number;
  readonly lots: number;
}

export type ReplayCommand =
  | { readonly kind: "place"; readonly order: ReplayOrder }
  /** Cancels the order called `target` and places another, with nothing between. */
  | { readonly kind: "replace"; readonly target: string; readonly order: ReplayOrder }
  | { readonly kind: "cancel"; readonly target: string };

export interface ReplayRequest {
  readonly method: string;
  readonly parameters: Parameters;
}

export function requestOf(command: ReplayCommand, steps: MarketSteps): ReplayRequest {
  const common = { symbol: steps.symbol, returnRateLimits: false };
  switch (command.kind) {
    case "place":
      return { method: "order.place", parameters: { ...common, ...termsOf(command.order, steps) } };
    case "replace":
      return {
        method: "order.cancelReplace",
        parameters: {
          ...common,
          ...termsOf(command.order, steps),
          cancelReplaceMode: "STOP_ON_FAILURE",
          cancelOrigClientOrderId: command.target,
        },
      };
    case "cancel":
      return {
        method: "order.cancel",
        parameters: { ...common, origClientOrderId: command.target },
      };
  }
}

function termsOf(order: ReplayOrder, steps: MarketSteps): Parameters {
  return {
    side: order.side === Side.Buy ? "BUY" : "SELL",
    ...(order.type === "LIMIT_MAKER"
      ? { type: "LIMIT_MAKER" }
      : { type: "LIMIT", timeInForce: order.type }),
    price: ticksText(order.priceTicks, steps),
    quantity: lotsText(order.lots, steps),
    newClientOrderId: order.clientOrderId,
    // Only of a taker does anybody want to know what it traded at.
    newOrderRespType: order.type === "IOC" ? "FULL" : "ACK",
  };
}
