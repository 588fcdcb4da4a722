"""One module a revision, named `r<revision>_<what>.py`; the order of the names is the order of the steps."""
