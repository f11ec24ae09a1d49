"""What can be offered and when: pure decisions about activities, slots and editions."""
