"""Zone, parks, stations, institutions, members and enterprises."""
