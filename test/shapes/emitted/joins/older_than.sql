-- what is kept, by id
SELECT id, at
FROM public.sales
WHERE at <= (now() - '90 days'::interval)

-- what is read
SELECT id, at
FROM tidemark_data.older_than

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."older_than" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."at"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."at")::record OPERATOR(pg_catalog.*<>) ROW(o."at")::record OR f.tidemark_several
)
