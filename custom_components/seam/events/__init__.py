"""Events of Seam: taken in once each, interpreted, named, and told."""
