/** How fresh views are, as the database says when it is asked: what is told, and shown by `/api`. */
import type { FreshnessTold } from '../../protocol/events.js'
import { freshnessOf, readFreshness } from '../api/freshness.js'
import { isoTime } from '../api/times.js'
import type { AskContext } from '../ask.js'
import { ask } from '../ask.js'

/** Which of the views equal their query at this moment. */
export async function readQuiet(context: AskContext, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const found = await ask<{ id: number }>(
    context,
    'SELECT view_id AS id FROM tidemark.freshness_of($1::integer[]) WHERE fresh',
    [ids],
  )
  return new Set(found.map(({ id }) => id))
}

/** With their errors in full: what of them is told to whom, audiences decide. */
export async function readTold(
  context: AskContext,
  ids: readonly number[],
): Promise<ReadonlyMap<number, FreshnessTold>> {
  const found = await readFreshness(context, ids)
  return new Map(
    found.map((row) => [
      row.id,
      { type: 'freshness', view: row.view, freshness: freshnessOf(row, true), at: isoTime(row.now) },
    ]),
  )
}
