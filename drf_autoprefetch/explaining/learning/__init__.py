"""What samples of reads teach: hints to write, as a diff, and what is loaded that nobody reads."""
