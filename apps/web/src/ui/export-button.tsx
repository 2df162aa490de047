import type { JSX } from "solid-js";
import { fillsCsv, ordersCsv } from "../account/account-csv.ts";
import { useTerminal } from "./terminal.ts";

/** Saves what a table of the account's past shows, with all of its digits. */
export function ExportButton(props: { readonly of: "history" | "fills" }): JSX.Element {
  const { account, market } = useTerminal();
  const save = (): void => {
    const { symbol } = market();
    const { state } = account();
    const text =
      props.of === "fills" ? fillsCsv(state.fills(symbol)) : ordersCsv(state.endedOrders(symbol));
    saveFile(`${symbol}-${props.of === "fills" ? "fills" : "orders"}.csv`, text);
  };
  return (
    <button
      type="button"
      class="rounded px-2 py-0.5 whitespace-nowrap text-muted hover:bg-raised hover:text-text"
      title="Save these rows as a file for spreadsheets"
      onClick={save}
    >
      CSV
    </button>
  );
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
