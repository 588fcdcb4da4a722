"""Measurement on anyone's data. Knows no lab; built on the field's libraries, which are imported when used."""
