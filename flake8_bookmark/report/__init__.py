"""Findings and pages as text: one file per format."""
