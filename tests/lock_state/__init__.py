"""Tests of what is known of each lock, and of the commands that change it."""
