-- what is kept, by id
SELECT id, at
FROM public.sales
WHERE at <= (now() - '90 days'::interval)

-- what is read
SELECT id, at
FROM tidemark_data.older_than

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."at", "l"."id"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
  UNION ALL
  SELECT 0, "tidemark_row"."at", "tidemark_row"."id"
  FROM "public"."sales" AS "tidemark_row"
    WHERE ((tidemark_row.at) >= least((now() - '90 days'::interval), (CAST($4 AS timestamp with time zone) - '90 days'::interval)) AND (tidemark_row.at) <= greatest((now() - '90 days'::interval), (CAST($4 AS timestamp with time zone) - '90 days'::interval)) AND (tidemark_row.at <= (now() - '90 days'::interval)) IS DISTINCT FROM (tidemark_row.at <= (CAST($4 AS timestamp with time zone) - '90 days'::interval)))
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i0.id AS "k0", i0.at AS "k1"
      FROM (SELECT "id" AS "id", "at" AS "at" FROM "tidemark_delta_0") AS "i0"
        WHERE ((i0.at <= (now() - '90 days'::interval)) OR (i0.at <= (CAST($4 AS timestamp with time zone) - '90 days'::interval)))
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
tidemark_few AS MATERIALIZED (
  SELECT coalesce((SELECT pg_catalog.count(*) FROM "tidemark_found_0") <= $5::pg_catalog.int8, true) AS few
)
"tidemark_keys_0" AS MATERIALIZED (SELECT * FROM "tidemark_found_0" WHERE (SELECT few FROM tidemark_few))
tidemark_fresh AS (
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."at" = "tidemark_key"."k1" OFFSET 0
  ) q
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."at" IS NULL OFFSET 0
  ) q
)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."older_than" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."at" = "tidemark_key"."k1"
  UNION ALL
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."older_than" q
  JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
    AND q."at" IS NULL
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."at"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."at")::record OPERATOR(pg_catalog.*<>) ROW(o."at")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT q.*
  FROM (
    SELECT id, at
    FROM public.sales
    WHERE at <= (now() - '90 days'::interval) AND (sales.id, sales.at) IN (
      SELECT k0, k1
      FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
    )
  ) q
  WHERE (q."id", q."at") IN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL)
  UNION ALL
  SELECT q.*
  FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
  CROSS JOIN LATERAL (
    SELECT q.*
    FROM (/* what is kept */) q
    WHERE q."id" = "tidemark_key"."k0" AND q."at" IS NULL OFFSET 0
  ) q
)
