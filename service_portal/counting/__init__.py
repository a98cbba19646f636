"""A delivery becomes usage."""
