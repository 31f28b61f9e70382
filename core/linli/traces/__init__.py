"""What deeds leave behind: events, deliveries, audit."""
