"""Calendars, business time and the clocks of promises."""
