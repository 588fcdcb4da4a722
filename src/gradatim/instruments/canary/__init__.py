"""Canary analysis: is the new version no worse than the old one, and do the data suffice to say so?"""
