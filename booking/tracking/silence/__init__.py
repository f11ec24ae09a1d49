"""The map of silence: schools without a booking, what is free near them, and the list to call (product, section 6)."""
