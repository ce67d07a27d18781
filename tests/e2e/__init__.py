"""Tests of a real Home Assistant process, and of its frontend in a real browser."""
