"""Command lines: the parser of all programs, types of values, options that programs share."""
