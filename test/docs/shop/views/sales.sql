SELECT shop_id, sum(amount) AS revenue FROM sales GROUP BY 1
