import type { PoolClient } from 'pg'

/** What happens to the submissions before a refresh is measured. `round` makes each time another one. */
export interface Change {
  readonly title: string
  apply(client: PoolClient, round: number): Promise<void>
  /** So large a change that the tables are vacuumed after it. */
  readonly large?: boolean
}

/** Finds ids ($1 the round, a seed); `spread` is the percentage of the table's rows that is looked at. */
type Finder = (spread: number) => string

/** Any scored submissions: as skewed over agents as the submissions are. */
const anywhere =
  (count: number): Finder =>
  (spread) =>
    `select id from submissions tablesample bernoulli (${spread}) repeatable ($1)
     where status = 'scored' and final_lane_scores is not null
     order by md5(id::text || $1) limit ${count}`

/** Ten submissions to each of ten challenges; every challenge with submissions is as likely as any other. */
const inChallenges: Finder = () =>
  `select s.id
   from (select id from challenges c
         where exists (select from submissions s where s.challenge_id = c.id and s.final_lane_scores is not null)
         order by md5(id::text || $1) limit 10) as chosen
     cross join lateral (
       select id from submissions s
       where s.challenge_id = chosen.id and s.status = 'scored' and s.final_lane_scores is not null limit 10) as s`

const everyTenth: Finder = () =>
  `select id from submissions where (('x' || right(id::text, 4))::bit(16)::int + $1::int) % 10 = 0`

export function changesOf(submissions: number): readonly Change[] {
  return [
    { title: '1,000 submissions re-scored', apply: rescore(anywhere(1_000), share(3_000, submissions)) },
    { title: '10 challenges touched', apply: rescore(inChallenges, 100) },
    { title: '1 row', apply: rescore(anywhere(1), share(50, submissions)) },
    { title: '10 % of all rows', apply: rescore(everyTenth, 100), large: true },
    { title: 'nothing pending', apply: async () => {} },
  ]
}

/** The percentage of the table that a sample needs to hold so many rows. */
function share(rows: number, submissions: number): number {
  return Math.min(100, (100 * rows) / submissions)
}

/** Every judged lane, and the composite, moves by some quarter points: up in one round, down in the next. */
function rescore(find: Finder, spread: number): Change['apply'] {
  return async (client, round) => {
    await client.query(
      `with chosen as materialized (${find(spread)})
       update submissions as s
       set composite_score = moved.composite, final_lane_scores = moved.by_lane
       from chosen join submissions as old on old.id = chosen.id
         cross join lateral (
           select jsonb_object_agg(lane_key, points) as by_lane, round(avg(points), 3) as composite
           from jsonb_each_text(old.final_lane_scores) as lane (lane_key, lane_score),
             lateral (select case when lane_score is not null
               then least(100, greatest(0, lane_score::numeric + $2::numeric)) end as points) as shifted
         ) as moved
       where s.id = chosen.id`,
      [round, (round % 2 === 0 ? -0.25 : 0.25) * (1 + (round % 7))],
    )
  }
}
