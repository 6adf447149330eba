"""Read Keras and TFP scripts without running them, into the tree of a spec."""
