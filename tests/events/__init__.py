"""Tests of what is told of locks: each event once, with who and how."""
