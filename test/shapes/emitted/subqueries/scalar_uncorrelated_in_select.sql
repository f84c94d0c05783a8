-- what is kept, by id
SELECT id, quantity - ((SELECT min(o.quantity) AS min FROM public.sales AS o)) AS above
FROM public.sales

-- what is read
SELECT id, above
FROM tidemark_data.scalar_uncorrelated_in_select

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (SELECT q.ctid AS tidemark_tid, q.* FROM "tidemark_data"."scalar_uncorrelated_in_select" q)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."above"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."above")::record OPERATOR(pg_catalog.*<>) ROW(o."above")::record OR f.tidemark_several
)
