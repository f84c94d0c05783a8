-- what is kept, by id
SELECT id, shop, product, count(*) OVER (PARTITION BY shop) AS of_shop,
  count(*) OVER (PARTITION BY product) AS of_product
FROM public.sales

-- what is read
SELECT id, shop, product, of_shop, of_product
FROM tidemark_data.partitions_without_a_common_column

-- everything
tidemark_fresh AS (/* what is kept */)
tidemark_old AS (
  SELECT q.ctid AS tidemark_tid, q.*
  FROM "tidemark_data"."partitions_without_a_common_column" q
)
tidemark_diff AS MATERIALIZED (
  SELECT o.tidemark_tid, f.tidemark_here IS NULL AS tidemark_gone, f.tidemark_several, f."id", f."shop",
    f."product", f."of_shop", f."of_product"
  FROM (SELECT true AS tidemark_here, false AS tidemark_several, q.* FROM tidemark_fresh q) f
  FULL JOIN (SELECT true AS tidemark_here, q.* FROM tidemark_old q) o ON f."id" = o."id"
  WHERE f.tidemark_here IS NULL OR o.tidemark_here IS NULL
    OR ROW(f."shop", f."product", f."of_shop", f."of_product")::record OPERATOR(pg_catalog.*<>) ROW(o."shop", o."product", o."of_shop", o."of_product")::record
    OR f.tidemark_several
)
