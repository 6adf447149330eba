"""Export of predictions to formats that need no bnnc: SavedModel, ONNX and LiteRT."""
