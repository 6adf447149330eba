"""The page of `bnnc report`: how good trained runs are, and what they do not know."""
