"""Charts as static SVG, each in a module with one function `draw`."""
