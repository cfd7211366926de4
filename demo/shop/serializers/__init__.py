"""What the endpoints show; nothing here knows how the rows are loaded.

The hints say what method bodies read. Without the mixin they do nothing, and the methods still give the same answer.
"""
