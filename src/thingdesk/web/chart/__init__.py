"""Charts that the server draws: inline SVG with words and a table for those who do not see it."""

from thingdesk.web.chart.draw import Chart, Limit, Marker, Point, draw

__all__ = ["Chart", "Limit", "Marker", "Point", "draw"]
