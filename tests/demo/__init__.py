"""The demo: a real Home Assistant beside a simulated Seam (script/demo)."""
