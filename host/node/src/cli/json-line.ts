/** One line of JSON; integers too large for JSON's numbers as text. */
export function toJson(value: object): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? each.toString() : each,
  );
}
