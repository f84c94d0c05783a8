-- what is kept, by paid, product, level
SELECT paid, product, count(*) AS n, GROUPING(paid, product) AS level
FROM public.sales
GROUP BY CUBE (paid, product)

-- what is read
SELECT paid, product, n, level
FROM tidemark_data.cube

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."cube" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."paid", f."product",
    f."n", f."level"
  FROM (
    SELECT true AS tidemark_here,
      pg_catalog.count(*) OVER (PARTITION BY q."paid", q."product", q."level") > 1 AS tidemark_several, q.*
    FROM tidemark_fresh q
  ) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON ROW(f."paid", f."product", f."level")::record = ROW(o."paid", o."product", o."level")::record
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."n")::record OPERATOR(pg_catalog.*<>) ROW(o."n")::record OR f.tidemark_several
)
