"""Every endpoint of the bookshop, loaded in five ways, measured side by side in one run."""
