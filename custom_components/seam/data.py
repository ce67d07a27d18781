"""What runs for one workspace; the entry's runtime data."""

from __future__ import annotations

