"""Check a search file: the space of `bnnc sweep`, said in the paths of a spec."""
