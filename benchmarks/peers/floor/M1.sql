-- grid name category budgetFen
WITH place AS (
    SELECT id, path, name FROM core_grid WHERE id = substr($1, 6)::uuid AND valid_to IS NULL FOR SHARE
), made AS (
    INSERT INTO core_project
        (id, created_at, updated_at, valid_from, grid_id, path, name, state, category, budget_fen, search)
    SELECT uuidv7(), now(), now(), now(), id, path, $2, 'draft', $3, $4::text::bigint, '' FROM place
    RETURNING id, name, state, category, budget_fen, version
)
SELECT row_to_json(answer)::text FROM (
    SELECT (SELECT row_to_json(payload) FROM (
        SELECT (SELECT row_to_json(project) FROM (
            SELECT 'project_' || made.id AS id, made.name, upper(state) AS state, category,
                   budget_fen::text AS "budgetFen", version, grid
            FROM made, (SELECT 'grid_' || id AS id, name FROM place) grid
        ) project) AS project, '[]'::json AS errors
    ) payload) AS "createProject"
) answer
