-- what is kept, by id
SELECT id, rank() OVER (ORDER BY quantity DESC NULLS LAST) AS place
FROM public.sales

-- what is read
SELECT id, place
FROM tidemark_data.no_partition

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."no_partition" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."place"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."place")::record OPERATOR(pg_catalog.*<>) ROW(o."place")::record OR f.tidemark_several
)
