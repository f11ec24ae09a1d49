"""Visits arranged outside of Établi, by telephone most often, written down so that they are counted."""
