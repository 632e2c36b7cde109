"""What every job uses: files written whole or not at all, records of finished work, progress."""
