"""The plan as a Keras model: lowering, the emitted source, and the compiled program."""
