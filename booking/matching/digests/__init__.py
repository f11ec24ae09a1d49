"""The weekly letter to firms: the needs they could meet, a few of them, and only when something is new."""
