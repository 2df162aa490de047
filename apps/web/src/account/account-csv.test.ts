import { expect, test } from "vitest";
import { fillsCsv, ordersCsv } from "./account-csv.ts";
import { fillOfReply, orderOfReply } from "./order-row.ts";

test("fills are written as the exchange wrote them, with times of UTC", () => {
  const fill = fillOfReply({
    symbol: "BTCUSD",
    id: 31,
    orderId: 7,
    price: "61800.00000000",
    qty: "0.02000000",
    quoteQty: "1236.00000000",
    commission: "0.00002000",
    commissionAsset: "BTC",
    isBuyer: true,
    isMaker: false,
    time: 1_700_000_000_123,
  });
  expect(fillsCsv([fill])).toBe(
    "time,market,side,price,quantity,value,fee,fee asset,role,trade,order\r\n" +
      "2023-11-14T22:13:20.123Z,BTCUSD,BUY,61800.00000000,0.02000000,1236.00000000,0.00002000,BTC,taker,31,7\r\n",
  );
});

test("ended orders are written likewise; what others named is no formula", () => {
  const order = orderOfReply({
    symbol: "BTCUSD",
    orderId: 7,
    orderListId: -1,
    clientOrderId: '=1+"2"',
    side: "SELL",
    type: "STOP_LOSS_LIMIT",
    timeInForce: "GTC",
    price: "60900.00000000",
    stopPrice: "61000.00000000",
    origQty: "0.50000000",
    icebergQty: "0.00000000",
    executedQty: "0.10000000",
    cummulativeQuoteQty: "6090.00000000",
    status: "CANCELED",
    isWorking: true,
    time: 1_700_000_000_000,
    updateTime: 1_700_000_001_000,
  });
  expect(ordersCsv([order]).split("\r\n")).toEqual([
    "placed,ended,market,side,type,time in force,price,stop price,quantity,executed,value,status,order,client order",
    `2023-11-14T22:13:20.000Z,2023-11-14T22:13:21.000Z,BTCUSD,SELL,STOP_LOSS_LIMIT,GTC,60900.00000000,61000.00000000,0.50000000,0.10000000,6090.00000000,CANCELED,7,"'=1+""2"""`,
    "",
  ]);
});
