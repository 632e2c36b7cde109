"""Infrastructure of all jobs: atomic writes, records of finished work, job parts, progress."""
