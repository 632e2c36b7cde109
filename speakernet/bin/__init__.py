"""Entry points: each module parses its arguments and calls the library.

``speakernet --help`` lists them under the heading that their ``GROUP`` names, with the first line
of their docstring. Modules that are no commands are in ``options``.
"""
