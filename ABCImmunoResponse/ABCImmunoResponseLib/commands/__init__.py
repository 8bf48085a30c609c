"""The commands of ``abc-immuno-response``, one file a group: each parses, calls the Lib and prints."""
