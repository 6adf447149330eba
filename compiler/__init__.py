"""What it means: text, spec, diagnostics, plan, Keras model and emitted source."""
