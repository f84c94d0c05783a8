-- what is kept, by id
SELECT id, price
FROM (SELECT sales.id, sales.price FROM public.sales ORDER BY sales.price DESC NULLS LAST, sales.id LIMIT 3) AS s
WHERE price > 6::numeric

-- what is read
SELECT id, price
FROM tidemark_data.limit_in_from

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."limit_in_from" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."price"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."price")::record OPERATOR(pg_catalog.*<>) ROW(o."price")::record OR f.tidemark_several
)
