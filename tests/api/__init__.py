"""Tests of the Seam client on its own, without Home Assistant."""
