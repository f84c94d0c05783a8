-- what is kept, by shop
SELECT shop, sum(quantity) AS pieces
FROM public.sales
GROUP BY shop
HAVING (sum(quantity))::numeric > ((SELECT avg(o.quantity) AS avg FROM public.sales AS o))

-- what is read
SELECT shop, pieces
FROM tidemark_data.uncorrelated_in_having

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."uncorrelated_in_having" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."shop", f."pieces"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."shop")::record = ROW(o."shop")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."pieces")::record OPERATOR(pg_catalog.*<>) ROW(o."pieces")::record OR f.tidemark_several
)
