import type { OrderCounts } from "../limits/order-limiter.ts";
import type { Services } from "./operation.ts";

// The limits of requests in the API's words; those that are off are left out.

function row(
  rateLimitType: string,
  interval: string,
  intervalNum: number,
  limit: number,
  count: number | undefined,
): object[] {
  if (limit === 0) return [];
  const limits = { rateLimitType, interval, intervalNum, limit };
  return [count === undefined ? limits : { ...limits, count }];
}

export function weightLimitRow(services: Services, used: number | undefined): object[] {
  return row("REQUEST_WEIGHT", "MINUTE", 1, services.requestLimiter.weightPerMinute, used);
}

export function orderLimitRows(services: Services, counts: OrderCounts | undefined): object[] {
  const { per10Seconds, perDay } = services.orderLimiter.options;
  return [
    ...row("ORDERS", "SECOND", 10, per10Seconds, counts?.short),
    ...row("ORDERS", "DAY", 1, perDay, counts?.day),
  ];
}
