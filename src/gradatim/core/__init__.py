"""What every other house leans on: streams, time, money, canonical form, errors. Standard library only."""
