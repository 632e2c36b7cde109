"""Entry points: each module parses its arguments and calls the library.

``options.program`` shows how one is declared. ``speakernet --help`` lists them in groups, with the
first line of their docstring. Modules that are no commands are in ``options``.
"""
