"""The version of bnnc."""

VERSION = "0.1.0"
