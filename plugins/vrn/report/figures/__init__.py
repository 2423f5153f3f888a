"""What both kinds of pages show of an indicator: which figures, in which words, as which charts, in which frame.

`site` shows everybody what is published, `indicator_pages` shows evaluators what is in marts: a figure looks the same in both.
"""
