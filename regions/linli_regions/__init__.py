"""The regions: real places, each as the settings, tables and names that it brings."""
