-- what is kept, by product, level
SELECT product, sum(quantity) AS pieces, GROUPING(product) AS level
FROM public.sales
GROUP BY ROLLUP (product)

-- what is read
SELECT product, pieces, level
FROM tidemark_data.rollup

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."rollup" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."product",
    f."pieces", f."level"
  FROM (
    SELECT true AS tidemark_here,
      pg_catalog.count(*) OVER (PARTITION BY q."product", q."level") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."product", f."level")::record = ROW(o."product", o."level")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."pieces")::record OPERATOR(pg_catalog.*<>) ROW(o."pieces")::record OR f.tidemark_several
)
