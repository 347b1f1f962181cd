"""The Densing Law paper, recomputed by its own method and re-estimated."""
