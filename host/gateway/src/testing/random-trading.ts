import { createPrng, type Prng } from "@rialto/base";
import {
  type AccountIndex,
  ALL_MARKETS,
  type AssetIndex,
  type Command,
  CommandKind,
  MarketState,
  type MarketIndex,
  type OrderId,
  type OrderTerms,
  OrderType,
  type SelfTrade,
  type Side,
  type SideFilter,
} from "@rialto/protocol";
import type { MemoryExchange } from "./memory-exchange.ts";
import { isPart, RandomFeatures } from "./random-features.ts";

// Trading drawn from a seed: few accounts and prices, so that orders meet.

const PRICE_SPREAD_TICKS = 40;

export interface RandomTradingOptions {
  readonly exchange: MemoryExchange;
  readonly seed: number;
  readonly accounts: number;
  /** All commands that there are; else those that the gateway sends itself. */
  readonly hasAll?: boolean;
}

export class RandomTrading {
  readonly #exchange: MemoryExchange;
  readonly #prng: Prng;
  readonly #accounts: number;
  readonly #markets: number;
  readonly #features: RandomFeatures | undefined;
  #serial = 0;

  constructor({ exchange, seed, accounts, hasAll = false }: RandomTradingOptions) {
    this.#exchange = exchange;
    this.#prng = createPrng(seed);
    this.#accounts = accounts;
    this.#markets = exchange.network.markets.length;
    if (!hasAll) return;
    this.#features = new RandomFeatures({
      exchange,
      prng: this.#prng,
      accounts,
      terms: () => this.#terms(),
      target: (account) => this.#target(account),
    });
  }

  /** Opens the accounts, numbered from 1001, and gives each plenty of every asset. */
  open(): void {
    const commands: Command[] = [];
    for (let account = 1; account <= this.#accounts; account++) {
      const number = BigInt(1_000 + account);
      const isSub = this.#features !== undefined && isPart(account, this.#accounts);
      commands.push(
        isSub
          ? { kind: CommandKind.OpenSubAccount, number, parent: 1 as AccountIndex }
          : { kind: CommandKind.OpenAccount, number },
      );
      this.#exchange.network.assets.forEach(({ decimals }, asset) => {
        commands.push({
          kind: CommandKind.Deposit,
          account: account as AccountIndex,
          asset: asset as AssetIndex,
          quanta: 100_000n * 10n ** BigInt(decimals),
          reference: BigInt(account),
        });
      });
    }
    this.#exchange.run(commands);
  }

  /** Runs one batch of up to `commandsMax` commands. */
  step(commandsMax: number): void {
    const commands: Command[] = [];
    const texts: (string | undefined)[] = [];
    for (let count = 1 + this.#prng.below(commandsMax); count > 0; count--) {
      const command = this.#command();
      commands.push(command);
      this.#serial += 1;
      // A list has a name of its own, and one for each of its orders.
      const isNamed = command.kind === CommandKind.PlaceList && this.#prng.chance(1, 2);
      const names = isNamed ? command.legs.map((_, leg) => `,leg-${this.#serial}-${leg}`) : [];
      const text = `text-${this.#serial}${names.join("")}`;
      texts.push(this.#prng.chance(2, 3) ? text : undefined);
    }
    this.#exchange.run(commands, texts);
  }

  #command(): Command {
    const prng = this.#prng;
    if (this.#features !== undefined && prng.chance(1, 2)) return this.#features.command();
    const draw = prng.below(100);
    if (draw < 62) return { kind: CommandKind.Place, ...this.#terms() };
    if (draw < 82) return this.#cancel();
    if (draw < 92) {
      const terms = this.#terms();
      const target = this.#target(terms.account);
      return { kind: CommandKind.Replace, ...terms, target, mode: prng.chance(1, 2) ? 0 : 1 };
    }
    if (draw < 93) {
      return {
        kind: CommandKind.CancelAll,
        account: this.#account(),
        market: prng.chance(1, 3) ? ALL_MARKETS : prng.below(this.#markets),
        sides: prng.below(3) as SideFilter,
        withFamily: 0,
      };
    }
    if (draw < 94) return this.#marketState();
    if (draw < 95) return this.#withdrawFees();
    return {
      kind: prng.chance(1, 2) ? CommandKind.Deposit : CommandKind.Withdraw,
      account: this.#account(),
      asset: prng.below(this.#exchange.network.assets.length) as AssetIndex,
      quanta: BigInt(1 + prng.below(1_000_000)),
      reference: 7n,
    };
  }

  /** What was collected so far, or a part of it, or more. */
  #withdrawFees(): Command {
    const { engine, network } = this.#exchange;
    const asset = this.#prng.below(network.assets.length) as AssetIndex;
    const { feesQuanta } = engine.assetTotals(asset);
    return {
      kind: CommandKind.Withdraw,
      account: 0 as AccountIndex,
      asset,
      quanta: 1n + (feesQuanta * BigInt(this.#prng.below(3))) / 2n,
      reference: 7n,
    };
  }

  /** Mostly brings a market back to trading. */
  #marketState(): Command {
    const prng = this.#prng;
    const state = prng.chance(1, 4) ? MarketState.CancelOnly : MarketState.Trading;
    const market = prng.below(this.#markets) as MarketIndex;
    return { kind: CommandKind.SetMarketState, market, state };
  }

  #account(): AccountIndex {
    return (1 + this.#prng.below(this.#accounts)) as AccountIndex;
  }

  #cancel(): Command {
    const account = this.#account();
    return { kind: CommandKind.Cancel, account, target: this.#target(account) };
  }

  #target(account: AccountIndex): { readonly orderId: OrderId; readonly clientOrderId: bigint } {
    const open = this.#exchange.hotEngine.openOrders(account);
    const order = open[this.#prng.below(Math.max(open.length, 1))];
    const byClient = this.#prng.chance(1, 3) && (order?.clientOrderId ?? 0n) !== 0n;
    if (byClient) return { orderId: 0 as OrderId, clientOrderId: order!.clientOrderId };
    return { orderId: order?.orderId ?? (77 as OrderId), clientOrderId: 0n };
  }

  #terms(): OrderTerms {
    const prng = this.#prng;
    const market = prng.below(this.#markets) as MarketIndex;
    const { terms, lastTradeTicks } = this.#exchange.hotEngine.market(market);
    const orderType = prng.chance(1, 2) ? OrderType.Limit : (prng.below(6) as OrderType);
    const isMarket = orderType === OrderType.Market || orderType === OrderType.MarketByQuote;
    const offset = prng.below(PRICE_SPREAD_TICKS) - PRICE_SPREAD_TICKS / 2;
    // Few clients, so that ids are used again and sometimes twice.
    const clientOrderId = prng.chance(1, 3) ? 0n : BigInt(1 + prng.below(10_000));
    const priceTicks = Math.max(1, lastTradeTicks + offset);
    const lots = terms.lotsMin + BigInt(prng.below(2_000));
    const quanta = terms.notionalMinQuanta * BigInt(1 + prng.below(500));
    return {
      market,
      account: this.#account(),
      side: prng.below(2) as Side,
      orderType,
      selfTrade: prng.below(5) as SelfTrade,
      priceTicks: isMarket ? 0 : priceTicks,
      quantity: orderType === OrderType.MarketByQuote ? quanta : lots,
      clientOrderId,
    };
  }
}
