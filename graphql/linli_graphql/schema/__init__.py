"""The schema, assembled from declarations."""
