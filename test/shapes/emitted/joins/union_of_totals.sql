-- what is kept, by what
SELECT 'sales'::text AS what, count(*) AS n
FROM public.sales
UNION ALL
SELECT 'offers'::text AS what, count(*) AS n
FROM public.offers

-- what is read
SELECT what, n
FROM tidemark_data.union_of_totals

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."union_of_totals" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."what", f."n"
  FROM (
    SELECT true AS tidemark_here, pg_catalog.count(*) OVER (PARTITION BY q."what") > 1 AS tidemark_several,
      q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."what")::record = ROW(o."what")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)
