-- what is kept, by id
WITH RECURSIVE chain AS NOT MATERIALIZED (
  SELECT sales.id, sales.quantity
  FROM public.sales
  WHERE sales.id = 1
  UNION ALL
  SELECT s.id, s.quantity
  FROM public.sales AS s
  JOIN chain AS chain_1 ON s.id = (chain_1.id + 1)
)
SELECT id, quantity
FROM chain

-- what is read
SELECT id, quantity
FROM tidemark_data.with_recursive

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."with_recursive" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."quantity"
  FROM (
    SELECT true AS tidemark_here, pg_catalog.count(*) OVER (PARTITION BY q."id") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."id")::record = ROW(o."id")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."quantity")::record OPERATOR(pg_catalog.*<>) ROW(o."quantity")::record OR f.tidemark_several
)
