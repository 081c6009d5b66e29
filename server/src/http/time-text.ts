/** An instant as RFC 3339 writes it; nothing for none. */
export function timeText<T extends number | null>(time: T): T extends number ? string : string | null
export function timeText(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
