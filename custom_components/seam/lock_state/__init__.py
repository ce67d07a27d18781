"""What is known of a lock, and what moves it."""
