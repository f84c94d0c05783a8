-- what is kept, by nothing: one row
  SELECT percentile_cont(CAST(0.5 AS double precision)) WITHIN GROUP (ORDER BY CAST(quantity AS double precision)) AS median
FROM public.sales

-- what is read
SELECT median
FROM tidemark_data.percentile_of_everything

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."percentile_of_everything" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."median"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f.tidemark_here = o.tidemark_here
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."median")::record OPERATOR(pg_catalog.*<>) ROW(o."median")::record OR f.tidemark_several
)
