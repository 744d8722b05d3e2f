"""Wire format to our words and back. Channels do not know each other and decide nothing."""
