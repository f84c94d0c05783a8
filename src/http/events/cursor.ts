/** Where a client left off: the cursor of `tidemark.events_since`, and which views there were. Opaque to clients. */
export interface Position {
  readonly cursor: string
  readonly version: string | null
}

/** Headers are no place for more; a cluster with so many transactions in flight has other troubles. */
const longest = 4_000
const largest = 2n ** 63n

export function writePosition(cursor: string, version: string): string {
  return `${cursor}~${version}`
}

/** null: it is none of ours, and so nothing can be told from there on. What is read here, PostgreSQL reads too. */
export function readPosition(text: string): Position | null {
  if (text.length > longest) return null
  const [cursor = '', version = null, ...rest] = text.split('~')
  const [, xmin, xmax, xips] =
    /^\d{1,20}-\d{1,10}\.(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)$/.exec(cursor) ?? []
  if (rest.length > 0 || xmin === undefined || xmax === undefined || xips === undefined) return null
  const [least = 0n, most = 0n] = [BigInt(xmin), BigInt(xmax)]
  const inFlight = xips === '' ? [] : xips.split(',').map(BigInt)
  const isSound = (xid: bigint, index: number): boolean => xid >= (inFlight[index - 1] ?? least) && xid < most
  return least > 0n && most >= least && most < largest && inFlight.every(isSound) ? { cursor, version } : null
}
