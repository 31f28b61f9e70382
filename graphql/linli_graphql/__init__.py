"""The GraphQL room: schema assembly, read planner, write edge and transport."""
