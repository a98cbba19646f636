"""Measures the speed of the product as ratios to floors of the same run."""
