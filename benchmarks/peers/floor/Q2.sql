-- within
WITH rows AS MATERIALIZED (
    SELECT path || id AS cursor, row_number() OVER () AS nth, id, name, version, created_at, updated_at, valid_to
    FROM (
        SELECT path, id, name, version, created_at, updated_at, valid_to FROM core_resident
        WHERE path >= (SELECT path FROM core_grid WHERE id = substr($1, 6)::uuid)
          AND path < (SELECT left(path, -1) || '0' FROM core_grid WHERE id = substr($1, 6)::uuid)
        ORDER BY path, id LIMIT 101
    ) found
)
SELECT row_to_json(answer)::text FROM (
    SELECT row_to_json(connection) AS residents FROM (
        SELECT
            coalesce((SELECT json_agg(edge) FROM (
                SELECT r.cursor, node FROM rows r, LATERAL (
                    SELECT 'resident_' || r.id AS id, r.name, r.version, r.created_at AS "createdAt",
                           r.updated_at AS "updatedAt", r.valid_to AS "closedAt"
                ) node
                WHERE r.nth <= 100
            ) edge), '[]') AS edges,
            (SELECT row_to_json(info) FROM (
                SELECT coalesce(max(nth) > 100, false) AS "hasNextPage", false AS "hasPreviousPage",
                       min(cursor) FILTER (WHERE nth = 1) AS "startCursor",
                       min(cursor) FILTER (WHERE nth = (SELECT least(count(*), 100) FROM rows)) AS "endCursor"
                FROM rows
            ) info) AS "pageInfo"
    ) connection
) answer
