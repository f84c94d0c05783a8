-- What Tidemark keeps about views: definition, cursor, sources, runs. The database owns the truth; workers are stateless.

CREATE SCHEMA IF NOT EXISTS tidemark_data;
CREATE SCHEMA IF NOT EXISTS tidemark_log;
REVOKE ALL ON SCHEMA tidemark, tidemark_data, tidemark_log FROM PUBLIC;

-- Rows that the view being built has so far; read from outside its transaction.
CREATE SEQUENCE tidemark.build_rows MINVALUE 0 START 0;

-- When the last wake-up was sent, in ms. A sequence is not transactional and waits for nobody.
CREATE SEQUENCE tidemark.wake MINVALUE 0 START 0;

CREATE TABLE tidemark.view (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schema_name text NOT NULL,
  view_name text NOT NULL,
  storage text NOT NULL CHECK (storage IN ('table', 'matview')),
  storage_name text NOT NULL,
  definition text NOT NULL,
  canonical text NOT NULL,
  -- The user's query as PostgreSQL writes it back, whatever is kept of it: what a live read computes.
  live text NOT NULL DEFAULT '',
  -- What the public view selects while it reads kept rows.
  reading text NOT NULL DEFAULT '',
  -- Columns of the view that are known never to be NULL.
  not_null text[] NOT NULL DEFAULT '{}',
  -- The public view computes the query itself: kept rows are passed by.
  bypassed boolean NOT NULL DEFAULT false,
  -- Of all that the deployed objects were made from: another hash means that they have to be made again.
  definition_hash text NOT NULL,
  key_columns text[] NOT NULL,
  -- Ordinary views behind the query: (schema, name, definition).
  behind jsonb NOT NULL DEFAULT '[]',
  -- Tables behind the query, with the ordinary views that read them, by number: how row-level security of each was found when
  -- the view was compiled (`none`, `ignored`, `applies`).
  row_security jsonb NOT NULL DEFAULT '[]',
  -- The result changes with time alone, or with writes that nothing reports; not counting what it reads.
  moves boolean NOT NULL,
  statements jsonb NOT NULL,
  explanation jsonb NOT NULL,
  settings jsonb NOT NULL,
  -- The indexes that the configuration asks for.
  indexes jsonb NOT NULL DEFAULT '[]',
  description text,
  time_zone text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  -- A piece of another view, refreshed with it alone: it has no public view, and its name is that of its storage.
  hidden boolean NOT NULL DEFAULT false,
  -- A new version while it is built; it takes the place of this one, or of nothing yet.
  replaces integer REFERENCES tidemark.view ON DELETE CASCADE
);
CREATE UNIQUE INDEX view_by_name ON tidemark.view (schema_name, view_name) WHERE replaces IS NULL;

-- What every refresh changes: narrow, and updated in place.
CREATE TABLE tidemark.state (
  view_id integer PRIMARY KEY REFERENCES tidemark.view ON DELETE CASCADE,
  state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready', 'error', 'quarantined', 'paused')),
  cursor pg_snapshot,
  consumed_xid xid8,
  as_of timestamptz,
  epoch bigint NOT NULL DEFAULT 0,
  -- Transaction ids mean nothing in another cluster.
  system_identifier bigint,
  last_run_at timestamptz,
  last_full_at timestamptz,
  last_error jsonb,
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  row_count bigint,
  -- How many slices there were when it was built, for each key by which it is cut.
  slice_totals bigint[],
  -- Measured: one slice, one batch, everything.
  slice_ms double precision,
  batch_ms double precision,
  full_ms double precision,
  -- By deltas, and counting the slices that are touched: for each pending row.
  delta_ms double precision,
  count_ms double precision,
  -- How many slices a pending row touched, when they were last found.
  touched_rate double precision,
  -- How few pending rows were found to touch so many slices that everything was recomputed.
  full_pending bigint,
  -- A view that it reads was refreshed again in the transaction that had refreshed this one: what is pending was
  -- partly counted already.
  reread boolean NOT NULL DEFAULT false,
  -- Of a view over others: as of when the oldest of those was that were behind when it last read them; NULL where none was.
  held_as_of timestamptz,
  -- Of a native materialized view: what its last refresh saw at least.
  seen pg_snapshot
) WITH (fillfactor = 50);

-- What was last told of a view that fails; none of one that does not. Apart from the state, as requests are.
CREATE TABLE tidemark.told (
  view_id integer PRIMARY KEY REFERENCES tidemark.view ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('failed', 'quarantined')),
  failures integer NOT NULL
);

-- Refreshes that somebody asked for. Apart from the state, so that asking never collides with refreshing.
CREATE TABLE tidemark.request (
  view_id integer NOT NULL REFERENCES tidemark.view ON DELETE CASCADE,
  full_refresh boolean NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE tidemark.source (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  relation oid NOT NULL,
  log_name text NOT NULL UNIQUE,
  -- The log's children, and the one that is written to.
  chain integer[] NOT NULL DEFAULT '{0,1}',
  active integer NOT NULL DEFAULT 1 CHECK (active > 0 AND active = ANY (chain)),
  -- The capture function, as it would be if it wrote to child 0.
  capture text NOT NULL,
  -- Columns whose change is captured, and those whose images are logged.
  watched text[] NOT NULL,
  logged text[] NOT NULL,
  -- Partitions or child tables, as they were when last looked at.
  children oid[] NOT NULL DEFAULT '{}',
  -- Those that capture it and them, likewise.
  triggers oid[] NOT NULL DEFAULT '{}',
  UNIQUE (schema_name, table_name)
);

-- Sources since the last crash, which empties this table as it does all that are unlogged, and so tells of them.
CREATE UNLOGGED TABLE tidemark.unlogged (
  source_id integer PRIMARY KEY REFERENCES tidemark.source ON DELETE CASCADE
);

CREATE TABLE tidemark.view_source (
  view_id integer NOT NULL REFERENCES tidemark.view ON DELETE CASCADE,
  source_id integer NOT NULL REFERENCES tidemark.source ON DELETE CASCADE,
  maintenance text NOT NULL CHECK (maintenance IN ('slice', 'delta', 'full')),
  read_columns text[] NOT NULL,
  logged text[] NOT NULL,
  -- Of the table as the view was compiled for it.
  fingerprint text NOT NULL,
  -- Those of the read columns that were declared NOT NULL then.
  not_null text[] NOT NULL DEFAULT '{}',
  -- Its unique keys because of which the rows of the view were known to be told apart: arrays of columns.
  unique_keys jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (view_id, source_id)
);

CREATE TABLE tidemark.view_dependency (
  view_id integer NOT NULL REFERENCES tidemark.view ON DELETE CASCADE,
  upstream_id integer NOT NULL REFERENCES tidemark.view ON DELETE CASCADE,
  PRIMARY KEY (view_id, upstream_id)
);

CREATE TABLE tidemark.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  view_id integer NOT NULL REFERENCES tidemark.view ON DELETE CASCADE,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  mode text NOT NULL,
  slices bigint,
  inserted bigint,
  updated bigint,
  deleted bigint,
  duration_ms double precision NOT NULL,
  as_of timestamptz,
  error jsonb,
  worker text,
  -- Of the view's rows after it; the same as before where none changed.
  epoch bigint,
  -- Runs end in another order than they are numbered in: who follows them goes by what a snapshot shows.
  xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX run_by_view ON tidemark.run (view_id, id DESC);
CREATE INDEX run_by_xid ON tidemark.run (xid);

CREATE TABLE tidemark.alert (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- As it was raised, and as it is posted to webhooks.
  alert jsonb NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX alert_by_xid ON tidemark.alert (xid);

-- The last transaction of which a run or an alert was forgotten: who left off before it is not told everything. One row.
CREATE TABLE tidemark.forgotten (xid xid8);
INSERT INTO tidemark.forgotten VALUES (NULL);
