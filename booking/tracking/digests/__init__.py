"""What officers are written: the Monday letter of each territory, and alerts that do not wait for Monday."""
