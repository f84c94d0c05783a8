-- what is kept, by id
SELECT id, product
FROM public.sales
WHERE NOT (id IN (SELECT returns.sale FROM public.returns WHERE returns.sale IS NOT NULL))

-- what is read
SELECT id, product
FROM tidemark_data.not_in_without_nulls

-- slices, each by itself
"tidemark_delta_0" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."id", "l"."product"
  FROM "tidemark_log"."sales" AS l
  WHERE /* pending */
)
"tidemark_delta_1" AS MATERIALIZED (
  SELECT "l"."tidemark_sign", "l"."sale"
  FROM "tidemark_log"."returns" AS l
  WHERE /* pending */
)
"tidemark_found_0" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0", "k1"
    FROM (
      SELECT i0.id AS "k0", i0.product AS "k1"
      FROM (SELECT "id" AS "id", "product" AS "product" FROM "tidemark_delta_0") AS "i0"
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
"tidemark_found_1" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT DISTINCT "k0"
    FROM (
      SELECT i1.c0 AS "k0"
      FROM (
        SELECT DISTINCT i0.sale AS "k0"
        FROM (SELECT "sale" AS "sale" FROM "tidemark_delta_1") AS "i0"
        WHERE (i0.sale IS NOT NULL)
      ) AS "i1"("c0")
    ) tidemark_touched
  ) q
  WHERE NOT (SELECT blocked FROM tidemark_guard)
)
tidemark_few AS MATERIALIZED (
  SELECT coalesce(
    (SELECT pg_catalog.count(*) FROM "tidemark_found_0") + (
      SELECT pg_catalog.count(*)
      FROM "tidemark_found_1"
    ) <= $5::pg_catalog.int8, true
  ) AS few
)
"tidemark_keys_0" AS MATERIALIZED (SELECT * FROM "tidemark_found_0" WHERE (SELECT few FROM tidemark_few))
"tidemark_keys_1" AS MATERIALIZED (SELECT * FROM "tidemark_found_1" WHERE (SELECT few FROM tidemark_few))
tidemark_fresh AS (
  SELECT DISTINCT ON (q."id") q.*
  FROM (
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (
        SELECT id, product
        FROM public.sales
        WHERE (
          sales.id IS NOT NULL AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale = sales.id)
            )
          ) AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale IS NULL)
            )
          )
        ) OR NOT (EXISTS (SELECT returns.sale FROM public.returns WHERE returns.sale IS NOT NULL))
      ) q
      WHERE q."id" = "tidemark_key"."k0" AND q."product" = "tidemark_key"."k1" OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (
        SELECT id, product
        FROM public.sales
        WHERE (
          sales.id IS NOT NULL AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale = sales.id)
            )
          ) AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale IS NULL)
            )
          )
        ) OR NOT (EXISTS (SELECT returns.sale FROM public.returns WHERE returns.sale IS NOT NULL))
      ) q
      WHERE q."id" = "tidemark_key"."k0" AND q."product" IS NULL OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_1") AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (
        SELECT id, product
        FROM public.sales
        WHERE (
          sales.id IS NOT NULL AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale = sales.id)
            )
          ) AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale IS NULL)
            )
          )
        ) OR NOT (EXISTS (SELECT returns.sale FROM public.returns WHERE returns.sale IS NOT NULL))
      ) q
      WHERE q."id" = "tidemark_key"."k0" OFFSET 0
    ) q
  ) q
)
tidemark_old AS (
  SELECT DISTINCT ON (q.tidemark_tid) q.*
  FROM (
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."not_in_without_nulls" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
      AND q."product" = "tidemark_key"."k1"
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."not_in_without_nulls" q
    JOIN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
      AND q."product" IS NULL
    UNION ALL
    SELECT q.ctid AS tidemark_tid, q.*
    FROM "tidemark_data"."not_in_without_nulls" q
    JOIN (SELECT * FROM "tidemark_keys_1") AS "tidemark_key" ON q."id" = "tidemark_key"."k0"
  ) q
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."product"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."product")::record OPERATOR(pg_catalog.*<>) ROW(o."product")::record OR f.tidemark_several
)

-- slices, all in one pass
tidemark_fresh AS (
  SELECT DISTINCT ON (q."id") q.*
  FROM (
    SELECT q.*
    FROM (
      SELECT id, product
      FROM public.sales
      WHERE NOT (id IN (SELECT returns.sale FROM public.returns WHERE returns.sale IS NOT NULL)) AND (sales.id, sales.product) IN (
        SELECT k0, k1
        FROM (SELECT * FROM tidemark_keys_0 WHERE k1 IS NOT NULL) AS tidemark_wanted
      )
    ) q
    WHERE (q."id", q."product") IN (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NOT NULL)
    UNION ALL
    SELECT q.*
    FROM (SELECT * FROM "tidemark_keys_0" WHERE "k1" IS NULL) AS "tidemark_key"
    CROSS JOIN LATERAL (
      SELECT q.*
      FROM (
        SELECT id, product
        FROM public.sales
        WHERE (
          sales.id IS NOT NULL AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale = sales.id)
            )
          ) AND NOT (
            EXISTS (
              SELECT returns.sale
              FROM public.returns
              WHERE (returns.sale IS NOT NULL AND returns.sale IS NULL)
            )
          )
        ) OR NOT (EXISTS (SELECT returns.sale FROM public.returns WHERE returns.sale IS NOT NULL))
      ) q
      WHERE q."id" = "tidemark_key"."k0" AND q."product" IS NULL OFFSET 0
    ) q
    UNION ALL
    SELECT q.*
    FROM (
      SELECT id, product
      FROM public.sales
      WHERE NOT (id IN (SELECT returns.sale FROM public.returns WHERE returns.sale IS NOT NULL))
        AND sales.id IN (SELECT k0 FROM (SELECT * FROM tidemark_keys_1) AS tidemark_wanted)
    ) q
    WHERE (q."id") IN (SELECT * FROM "tidemark_keys_1")
  ) q
)
