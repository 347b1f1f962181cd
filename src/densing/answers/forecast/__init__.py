"""`forecast`: density to come, the record, and when something will be reached."""
