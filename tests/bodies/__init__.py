"""A corpus of method bodies as real APIs have them, each with what a careful person would have written as its hint."""
