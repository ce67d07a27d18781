"""Client and sandbox against Seam's API document and Seam's own fake server."""
