"""Values computed from a spec for the rules: its view, shapes, sizes and variances."""
