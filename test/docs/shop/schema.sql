-- What the pages take for granted: the tables that their views read, with a few rows.
CREATE TABLE sales (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  shop_id int NOT NULL,
  sold_at timestamptz NOT NULL DEFAULT now(),
  amount numeric NOT NULL
);
INSERT INTO sales (shop_id, sold_at, amount)
SELECT n % 7, '2026-03-01 12:00Z'::timestamptz - n * interval '1 hour', n FROM generate_series(1, 100) AS n;

CREATE TABLE sessions (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  user_id int NOT NULL,
  started_at timestamptz NOT NULL,
  distance numeric NOT NULL
);
INSERT INTO sessions (user_id, started_at, distance)
SELECT n % 9, '2026-03-01 12:00Z'::timestamptz - n * interval '1 day', n FROM generate_series(1, 60) AS n;

CREATE TABLE orders (
  id int PRIMARY KEY,
  org int NOT NULL,
  region text NOT NULL,
  total numeric NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO orders (id, org, region, total) SELECT n, n % 3, 'region ' || n % 2, n FROM generate_series(1, 30) AS n;

CREATE TABLE submissions (
  id int PRIMARY KEY,
  challenge_id int NOT NULL,
  status text NOT NULL,
  lane_scores jsonb NOT NULL
);
INSERT INTO submissions SELECT n, n % 7, 'scored', '{"a": 1, "b": 2}' FROM generate_series(1, 50) AS n;

CREATE TABLE accounts (id int PRIMARY KEY, active boolean NOT NULL);
