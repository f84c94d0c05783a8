SELECT created_at::date AS day, count(*) AS orders FROM orders GROUP BY 1
