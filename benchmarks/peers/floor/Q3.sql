-- within
SELECT row_to_json(answer)::text FROM (
    SELECT row_to_json(connection) AS grids FROM (
        SELECT coalesce(json_agg(grid), '[]') AS nodes FROM (
            SELECT 'grid_' || g.id AS id, g.name, residents FROM (
                SELECT id, name, path, left(path, -1) || '0' AS high FROM core_grid
                WHERE level = 'grid'
                  AND path >= (SELECT path FROM core_grid WHERE id = substr($1, 6)::uuid)
                  AND path < (SELECT left(path, -1) || '0' FROM core_grid WHERE id = substr($1, 6)::uuid)
                ORDER BY path, id LIMIT 20
            ) g, LATERAL (
                SELECT coalesce(json_agg(resident), '[]') AS nodes FROM (
                    SELECT 'resident_' || r.id AS id, r.name, memberships FROM (
                        SELECT id, name FROM core_resident
                        WHERE path >= g.path AND path < g.high ORDER BY path, id LIMIT 10
                    ) r, LATERAL (
                        SELECT coalesce(json_agg(membership), '[]') AS nodes FROM (
                            SELECT 'membership_' || m.id AS id, upper(m.kind) AS kind, organization
                            FROM (
                                SELECT id, kind, organization_id FROM core_membership
                                WHERE resident_id = r.id ORDER BY path, id LIMIT 3
                            ) m LEFT JOIN LATERAL (
                                SELECT 'organization_' || id AS id, name FROM core_organization
                                WHERE id = m.organization_id
                            ) organization ON true
                        ) membership
                    ) memberships
                ) resident
            ) residents
        ) grid
    ) connection
) answer
