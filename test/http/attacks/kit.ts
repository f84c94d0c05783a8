import { afterAll, beforeAll } from 'vitest'
import { type TestDatabase, useTestDatabase } from '../../kit/index.js'
import { deploy } from '../../worker/kit.js'
import { useHandlers } from '../kit.js'

export interface Attacked {
  readonly db: TestDatabase
  readonly handlers: ReturnType<typeof useHandlers>
  /** A role that reads those rows of the view `owned` that are of its claim `org`. */
  readonly tenant: string
  /** A role that may read nothing. */
  readonly stranger: string
}

/** Views to be attacked: `open` to all, `closed` to whoever shows nothing, and `owned`, whose rows are of one tenant or another. */
export async function useAttacked(): Promise<Attacked> {
  const db = await useTestDatabase()
  const handlers = useHandlers(db.url)
  const tenant = `tenant_${db.name}`
  const stranger = `stranger_${db.name}`

  beforeAll(async () => {
    await db.query(`create table t (id int generated always as identity primary key, org int not null, g int);
      insert into t (org, g) select i % 2, i % 5 from generate_series(1, 50) i;
      create role ${tenant}; create role ${stranger}`)
    await deploy(db.pool, {
      open: { query: 'select g, count(*) as n from t group by g', read: { public: true } },
      closed: { query: 'select org, count(*) as n from t group by org' },
      owned: { query: 'select id, org, g from t' },
    })
    await db.query(`alter view owned set (security_invoker = true);
      grant usage on schema tidemark_data to ${tenant};
      grant select on owned, tidemark_data.owned to ${tenant};
      alter table tidemark_data.owned enable row level security;
      create policy own on tidemark_data.owned for select to ${tenant}
        using (org = (current_setting('request.jwt.claims', true)::json ->> 'org')::int)`)
  })

  afterAll(async () => {
    await db.query(`drop owned by ${tenant}; drop role ${tenant}; drop role ${stranger}`)
  })

  return { db, handlers, tenant, stranger }
}
