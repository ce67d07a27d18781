"""The page that draws the house."""

from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parent / "house.html"
