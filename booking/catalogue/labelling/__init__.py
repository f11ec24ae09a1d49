"""The official label: an activity asks for it, the rectorat and the préfecture say what they think, one of them decides."""
