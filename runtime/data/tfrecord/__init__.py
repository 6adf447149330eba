"""TFRecord files of `tf.train.Example`, read without TensorFlow and in any order."""
