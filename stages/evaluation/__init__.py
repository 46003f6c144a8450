"""The same evaluation after every stage, in both modes (report, sections 4.6 and 4.7)."""
