-- what is kept, by shop
SELECT shop, count(*) AS n
FROM public.sales
WHERE at > (now() - '1000 years'::interval)
GROUP BY shop

-- what is read
SELECT shop, n
FROM tidemark_data.not_older_than

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."not_older_than" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."n"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)
