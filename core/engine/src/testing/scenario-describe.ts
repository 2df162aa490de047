import { CancelReason, EventKind, rejectCodeName, type EngineEvent } from "@rialto/protocol";
import { describeOrder, type World } from "./scenario-world.ts";

const EVENTS_SHOWN_MAX = 40;

/** The events in the language of the tables. */
export function describeEvents(world: World, events: readonly EngineEvent[]): string {
  const shown = events.slice(0, EVENTS_SHOWN_MAX).map((event) => describeEvent(world, event));
  const hidden = events.length - shown.length;
  return shown.join(", ") + (hidden > 0 ? `, and ${hidden} more` : "");
}

function describeEvent(world: World, event: EngineEvent): string {
  switch (event.kind) {
    case EventKind.Accepted:
      return (
        `[accepted ${describeOrder(world, event.orderId)}] ` +
        (event.waits ? "waits" : `rests ${event.restingLots}`)
      );
    case EventKind.Shown:
      return `shows ${event.lots} ${describeOrder(world, event.orderId)}`;
    case EventKind.Triggered:
      return `triggers ${describeOrder(world, event.orderId)} ${event.restingLots}`;
    case EventKind.Declined:
      return `declines ${describeOrder(world, event.orderId)} ${rejectCodeName(event.code)}`;
    case EventKind.Amended: {
      const fate = event.kept ? "kept" : "moved";
      return `amends ${event.restingLots} ${fate} [${describeOrder(world, event.orderId)}]`;
    }
    case EventKind.Rejected:
      return `rejects ${rejectCodeName(event.code)} (subject ${event.subject})`;
    case EventKind.Fill:
      return (
        `fills ${event.lots} @ ${event.priceTicks} ${describeOrder(world, event.makerOrderId)}` +
        ` ${event.makerRebate ? "rebate" : "maker fee"} ${event.makerFeeQuanta} taker fee ${event.takerFeeQuanta}` +
        (event.makerDone ? " [maker done]" : "")
      );
    case EventKind.Canceled: {
      const reason = Object.entries(CancelReason).find(([, code]) => code === event.reason)?.[0];
      return `cancels ${describeOrder(world, event.orderId)} ${event.remaining} ${reason}`;
    }
    case EventKind.Prevented:
      return (
        `prevents ${event.lots} @ ${event.priceTicks} ` + describeOrder(world, event.makerOrderId)
      );
    case EventKind.CanceledAll:
      return `count ${event.count}${event.more ? " more" : ""}`;
    case EventKind.AccountOpened:
      return `done [account ${event.account}]`;
    case EventKind.BalanceMoved:
      return `done [${event.quanta} moved ${event.out ? "out" : "in"}]`;
    case EventKind.AssetAdded:
      return `done [asset ${event.asset}]`;
    case EventKind.MarketListed:
      return `done [market ${event.market}]`;
    case EventKind.MarketStateSet:
      return `done [state ${event.state}]`;
    case EventKind.Auctioned:
      return (
        `auctions ${event.lots} @ ${event.priceTicks} ${describeOrder(world, event.buyOrderId)} ` +
        `${describeOrder(world, event.sellOrderId)} fees ${event.buyFeeQuanta} ${event.sellFeeQuanta}`
      );
    case EventKind.Indicative:
      return (
        `indicates ${event.lots} @ ${event.priceTicks} ` +
        `${event.surplusSide === 0 ? "buy" : "sell"} ${event.surplusLots}`
      );
    case EventKind.MarketGuardSet:
      return `done [guard of ${event.market}]`;
    case EventKind.FeeTierSet:
      return `done [tier ${event.tier} of schedule ${event.schedule}]`;
    case EventKind.AccountFeesSet:
      return `done [fees of account ${event.account}: ${event.scheduleAndOne}]`;
    case EventKind.Transferred:
      return `done [${event.quanta} from ${event.source} to ${event.target}]`;
    case EventKind.MarketChanged:
      return `done [market ${event.market} changed]`;
    case EventKind.Pegged:
      return `pegs ${describeOrder(world, event.orderId)} ${event.restingLots} @ ${event.priceTicks}`;
    case EventKind.ProtectionSet:
      return `done [protection of ${event.account} in ${event.market}]`;
    case EventKind.ProtectionTripped:
      return `trips ${event.account}`;
    case EventKind.DeadlineSet:
      return `done [deadline ${event.deadlineMs}]`;
    case EventKind.DeadlinePassed:
      return `passes ${event.account}`;
    case EventKind.TradingSet:
      return `done [trading ${event.enabled}]`;
    case EventKind.AccountStateSet:
      return `done [account ${event.account} ${event.enabled}]`;
  }
}
