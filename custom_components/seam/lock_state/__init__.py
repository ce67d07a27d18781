"""What is known of each lock, and the commands that change it."""
