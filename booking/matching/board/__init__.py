"""The need board: what classes look for, no activity in mind, and the firms that offer them a date."""
