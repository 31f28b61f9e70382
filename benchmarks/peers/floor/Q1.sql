-- code
SELECT row_to_json(answer)::text FROM (
    SELECT (
        SELECT row_to_json(g) FROM (
            SELECT 'grid_' || id AS id, code, name, upper(level) AS level, version
            FROM core_grid WHERE code = $1 AND valid_to IS NULL
        ) g
    ) AS grid
) answer
