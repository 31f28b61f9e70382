"""Plans: selections compiled to one statement."""
