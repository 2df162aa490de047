// What is to be done around commands without being asked for by one. Empty nearly always, which is one test a
// command; what outlasts a command is state and lies in the root record.

/** Something may be due: before the next command. */
export const DUE: u32 = 1;
/** A market or an order waits to be looked at: after this command. */
export const UNSETTLED: u32 = 2;

let agenda: u32 = 0;
let touchesUsed: u32 = 0;

@inline
export function agendaIsEmpty(): bool {
  return agenda == 0;
}
@inline
export function isOnAgenda(what: u32): bool {
  return (agenda & what) != 0;
}
export function putOnAgenda(what: u32): void {
  agenda |= what;
}
export function takeOffAgenda(what: u32): void {
  agenda &= ~what;
}
@inline
export function clearAgenda(): void {
  agenda = 0;
}

/** Makers that the command has met so far, in all its passes. */
@inline
export function getTouches(): u32 {
  return touchesUsed;
}
@inline
export function setTouches(count: u32): void {
  touchesUsed = count;
}
