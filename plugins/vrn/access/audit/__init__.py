"""The audit: who read what in restricted schemas, what was exported and released. Rows are only ever added.

The server logs each statement of a person (logged); reads takes its log apart, with what a statement reads (understand) and
without what it says of anybody (lexer). events are exports, releases and replays.
"""
