-- What a PostGraphile user adds to the database: functions for what tables cannot say, tags, and policies.
-- Idempotent; run before every benchmark.

CREATE OR REPLACE FUNCTION public.residents_within(grid_id uuid) RETURNS SETOF public.core_resident
LANGUAGE sql STABLE AS $$
    SELECT r.* FROM public.core_resident r
    WHERE r.path >= (SELECT g.path FROM public.core_grid g WHERE g.id = $1)
      AND r.path < (SELECT left(g.path, -1) || '0' FROM public.core_grid g WHERE g.id = $1)
$$;

CREATE OR REPLACE FUNCTION public.grids_within(grid_id uuid, level text) RETURNS SETOF public.core_grid
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM public.core_grid c
    WHERE c.path >= (SELECT g.path FROM public.core_grid g WHERE g.id = $1)
      AND c.path < (SELECT left(g.path, -1) || '0' FROM public.core_grid g WHERE g.id = $1)
      AND c.level = $2
$$;

CREATE OR REPLACE FUNCTION public.core_grid_residents_below(g public.core_grid) RETURNS SETOF public.core_resident
LANGUAGE sql STABLE AS $$
    SELECT r.* FROM public.core_resident r WHERE r.path >= g.path AND r.path < left(g.path, -1) || '0'
$$;

CREATE OR REPLACE FUNCTION public.core_grid_ancestors(g public.core_grid) RETURNS SETOF public.core_grid
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM public.core_grid a
    WHERE a.key = ANY (string_to_array(trim(BOTH '/' FROM g.path), '/')::int[]) AND a.key <> g.key
$$;

-- The ordinary way to count.
CREATE OR REPLACE FUNCTION public.core_grid_resident_count(g public.core_grid) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT count(*)::int FROM public.core_residence r
    WHERE r.kind = 'lives' AND r.until IS NULL AND r.path >= g.path AND r.path < left(g.path, -1) || '0'
$$;

CREATE OR REPLACE FUNCTION public.core_grid_project_count(g public.core_grid) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT count(*)::int FROM public.core_project p
    WHERE p.valid_to IS NULL AND p.path >= g.path AND p.path < left(g.path, -1) || '0'
$$;

-- The same counts from Linli's own table of counts (Q4r): what is folded and what is pending.
CREATE OR REPLACE FUNCTION public.core_grid_folded_count(g public.core_grid, metric text) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT (
        coalesce((SELECT sum(r.value) FROM public.core_rollup r
                  WHERE r.grid_key = g.key AND r.metric = $2), 0)
        + coalesce((SELECT sum(d.amount) FROM public.core_rollup_delta d
                    WHERE d.metric = $2 AND d.path >= g.path AND d.path < left(g.path, -1) || '0'), 0)
    )::int
$$;

CREATE OR REPLACE FUNCTION public.create_project(grid_id uuid, name text, category text, budget_fen bigint)
RETURNS public.core_project LANGUAGE sql VOLATILE AS $$
    INSERT INTO public.core_project
        (id, created_at, updated_at, valid_from, grid_id, path, name, state, category, budget_fen, search)
    SELECT uuidv7(), now(), now(), now(), g.id, g.path, $2, 'draft', $3, $4, ''
    FROM public.core_grid g WHERE g.id = $1 AND g.valid_to IS NULL FOR SHARE
    RETURNING *
$$;

COMMENT ON FUNCTION public.residents_within(uuid) IS E'@behavior orderBy order resource:connection:backwards';
COMMENT ON FUNCTION public.grids_within(uuid, text) IS E'@behavior orderBy order resource:connection:backwards';
COMMENT ON FUNCTION public.core_grid_residents_below(public.core_grid) IS E'@behavior orderBy order resource:connection:backwards';
COMMENT ON FUNCTION public.core_grid_ancestors(public.core_grid) IS E'@behavior orderBy order resource:connection:backwards';
-- Linli's unique index on the code is partial (open grids only), which PostGraphile's lookup cannot use.
CREATE UNIQUE INDEX IF NOT EXISTS bench_core_grid_code ON public.core_grid (code);
COMMENT ON TABLE public.core_grid IS E'@unique code';

-- Row-level security for the column postgraphile_rls: rows below the caller's place.
-- A superuser, as whom all others connect, is not subject to it.
DO $$
DECLARE name text;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'bench_authenticator') THEN
        CREATE ROLE bench_authenticator LOGIN NOINHERIT;
        CREATE ROLE bench_visitor NOLOGIN;
        GRANT bench_visitor TO bench_authenticator;
    END IF;
    FOREACH name IN ARRAY ARRAY['core_resident', 'core_residence', 'core_membership', 'core_project'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('DROP POLICY IF EXISTS bench_below ON public.%I', name);
        EXECUTE format(
            'CREATE POLICY bench_below ON public.%I TO bench_visitor USING '
            '(path >= (SELECT current_setting(''bench.low'', true)) COLLATE "C" '
            'AND path < (SELECT current_setting(''bench.high'', true)) COLLATE "C")', name);
    END LOOP;
END
$$;
GRANT USAGE ON SCHEMA public TO bench_authenticator, bench_visitor;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bench_visitor;
