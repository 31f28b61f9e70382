-- code county
SELECT row_to_json(answer)::text FROM (
    SELECT
        (SELECT row_to_json(one) FROM (
            SELECT 'grid_' || g.id AS id, coalesce((
                SELECT json_agg(above) FROM (
                    SELECT 'grid_' || a.id AS id, a.name, upper(a.level) AS level FROM core_grid a
                    WHERE a.key = ANY (string_to_array(trim(BOTH '/' FROM g.path), '/')::int[])
                      AND a.key <> g.key AND NOT a.filler
                    ORDER BY a.path
                ) above
            ), '[]') AS ancestors
            FROM core_grid g WHERE g.code = $1 AND g.valid_to IS NULL
        ) one) AS grid,
        (SELECT row_to_json(connection) FROM (
            SELECT coalesce(json_agg(town), '[]') AS nodes FROM (
                SELECT 'grid_' || g.id AS id, g.name, statistics FROM (
                    SELECT id, name, key, path, left(path, -1) || '0' AS high FROM core_grid
                    WHERE level = 'town'
                      AND path >= (SELECT path FROM core_grid WHERE id = substr($2, 6)::uuid)
                      AND path < (SELECT left(path, -1) || '0' FROM core_grid WHERE id = substr($2, 6)::uuid)
                    ORDER BY path, id LIMIT 50
                ) g, LATERAL (
                    SELECT CASE WHEN residents BETWEEN 1 AND 4 THEN NULL ELSE residents END AS residents, projects
                    FROM (
                        SELECT
                            coalesce((SELECT value FROM core_rollup
                                      WHERE grid_key = g.key AND metric = 'resident'), 0)
                            + coalesce((SELECT sum(amount) FROM core_rollup_delta
                                        WHERE metric = 'resident' AND path >= g.path AND path < g.high), 0)
                                AS residents,
                            coalesce((SELECT value FROM core_rollup
                                      WHERE grid_key = g.key AND metric = 'project'), 0)
                            + coalesce((SELECT sum(amount) FROM core_rollup_delta
                                        WHERE metric = 'project' AND path >= g.path AND path < g.high), 0)
                                AS projects
                    ) counted
                ) statistics
            ) town
        ) connection) AS grids
) answer
