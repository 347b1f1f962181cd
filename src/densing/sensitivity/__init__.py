"""The multiverse: how the answer moves over the reference choices."""
