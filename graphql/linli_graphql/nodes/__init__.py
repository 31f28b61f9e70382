"""What the core declares: its types and root fields."""
